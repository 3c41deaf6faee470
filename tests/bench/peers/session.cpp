#include "tests/bench/peers/peer.hpp"

namespace reelspool::bench {

double SessionPeer::measure(const Load& load, const std::string& body) {
  if (load.operation == Operation::progress && !has_progress()) return -1;
  const auto prepare = [&](int) -> Act {
    const std::shared_ptr<Session> session = connect();
    switch (load.operation) {
      case Operation::submit:
        return [session, &body] {
          session->submit(body);
          return true;
        };
      case Operation::claim_and_finish:
        return [session] { return session->claim_and_finish(); };
      case Operation::progress:
        break;
    }
    return [session, frame = 0]() mutable {
      session->progress(++frame);
      return true;
    };
  };
  return load.are_processes ? rate_of_processes(load.clients, load.seconds, prepare)
                            : rate_of_threads(load.clients, load.seconds, prepare);
}

}  // namespace reelspool::bench
