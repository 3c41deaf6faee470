#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Answers commands over store/socket (jobstore/socket/connection.hpp says what goes over it), so that they need not open
/// the store: a page, a job or a submit cost the same at a million jobs as at ten.
///
/// Of several workers the holder of store/socket.lock answers; the next in line takes over the moment that one ends,
/// and puts a socket of its own in the place of whatever lies there.
///
/// Trust      Only the same user and root are answered (SO_PEERCRED). The socket's mode is 0600, or 0660 where the folder
///            may be written by its group: then others of the group are told so.
/// Bounds     32 clients at a time, each in a thread of its own that sleeps in poll(2), so nobody waits for anybody's slow
///            lines. A question must be there 10 s after its connection, or the answer before it; an answer must be
///            taken within 10 s. When all places are taken, whoever has kept us waiting for longest loses theirs.
///            Four questions at a time may be larger than 1 MiB. With no client it makes no system call.
/// Ownership  Refers to the store, which must outlive it. The destructor lets calls end (a second for those whose client
///            is slow), and removes the socket.
/// Threads    Any. The store is called from the clients' threads.
class StoreServer {
 public:
  /// `folder`: <data>/store. `report` is told, in one line, why the socket cannot be served; commands then open the store
  /// themselves.
  static Result<std::unique_ptr<StoreServer>> open(JobStore& store, const std::filesystem::path& folder,
                                                   std::function<void(const std::string&)> report);
  ~StoreServer();

 private:
  struct Inside;
  explicit StoreServer(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace reelspool
