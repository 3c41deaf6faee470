#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"
#include "jobstore/socket/connection.hpp"

namespace reelspool::socket {

/// Those who are connected to store/socket, each served by a thread of its own. See store_server.hpp for the bounds.
///
/// Threads    Every function from one thread. `ended` is called from a client's thread when its place is free.
class Clients {
 public:
  static constexpr std::size_t most = 32;
  static constexpr std::chrono::seconds patience{10};
  static constexpr std::chrono::seconds patience_at_the_end{1};

  Clients(JobStore& store, std::function<void()> ended) : store_(store), ended_(std::move(ended)) {}
  ~Clients();

  /// Errors: transient  no thread is to be had; the client is sent away
  Result<> take(Fd socket);
  /// Frees the places of those who have gone.
  void sweep();
  bool full() const { return clients_.size() >= most; }
  /// Sends away who has kept us waiting for longest, whether for a question or with an answer. False: all of them are
  /// waiting for the store.
  bool make_room();

 private:
  struct Client {
    explicit Client(Fd socket) : connection(std::move(socket)) {}
    Connection connection;
    std::atomic<Moment> waits_since = Moment{};  ///< Moment::max(): it is the store that we wait for
    std::atomic<bool> has_ended = false;
    std::thread thread;
  };
  void serve(Client& client);
  Result<> serve_one(Client& client);

  JobStore& store_;
  const std::function<void()> ended_;
  std::atomic<int> large_questions_ = 0;
  std::list<Client> clients_;  // one thread's; a client's members are its thread's, but for the atomic ones
};

}  // namespace reelspool::socket
