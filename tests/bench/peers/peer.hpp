#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/measure.hpp"

namespace reelspool::bench {

enum class Operation { submit, claim_and_finish, progress };

/// What is asked of a queue at once.
struct Load {
  Operation operation = Operation::submit;
  int clients = 1;
  bool are_processes = false;  ///< each client in a process of its own; else all in one
  double seconds = 0;
};

/// A queue, in a folder of its own, with its server, if it has one, started and ended here. It survives what it says: a
/// call that returned is safe from a power loss, or from kill -9 of the queue only.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  virtual bool survives_power_loss() const = 0;
  /// Puts jobs in as fast as it can; not measured.
  virtual void fill(std::size_t jobs, const std::string& body) = 0;
  /// How many a second, by all clients together, until the time is over or no job is left; negative: it has no such thing.
  virtual double measure(const Load& load, const std::string& body) = 0;
};

/// One connection to a queue.
class Session {
 public:
  virtual ~Session() = default;
  virtual void submit(const std::string& body) = 0;
  /// False: no job is left.
  virtual bool claim_and_finish() = 0;
  virtual void progress(int frame) = 0;
};

/// One that is spoken to from here: by a thread, or a process, for each client.
class SessionPeer : public Peer {
 public:
  /// Called in the process that uses the session.
  virtual std::unique_ptr<Session> connect() = 0;
  virtual bool has_progress() const { return true; }
  double measure(const Load& load, const std::string& body) override;
};

/// Makes one in `folder`, or says why not.
struct Offer {
  std::unique_ptr<Peer> peer;
  std::string missing;
};
/// This store. `with_window`: as a worker has it, which also publishes jobs.json and the status files.
Offer offer_ours(const std::filesystem::path& folder, bool with_window);
Offer offer_sqlite(const std::filesystem::path& folder, bool full);
Offer offer_postgres(const std::filesystem::path& folder);
Offer offer_beanstalkd(const std::filesystem::path& folder);
/// `modules`: the folder that holds node_modules.
Offer offer_bullmq(const std::filesystem::path& folder, const std::filesystem::path& modules, bool always);
Offer offer_naive(const std::filesystem::path& folder);

/// A program that is ended with this object.
class Server {
 public:
  /// `user`: whom it runs as when we are root; empty: as we are.
  Server(const std::vector<std::string>& argv, const std::string& user = "");
  ~Server();
  Server(const Server&) = delete;
  /// Waits until `is_there`; gives up when the program ends, or after 20 s.
  void wait_until(const std::function<bool()>& is_there) const;

 private:
  std::string name_;
  int pid_ = 0;
};
/// Runs a program to its end; true when its exit status is 0.
bool run(const std::vector<std::string>& argv, const std::string& user = "");
bool is_installed(const std::string& program);
/// A port on loopback that is free now.
int free_port();

}  // namespace reelspool::bench
