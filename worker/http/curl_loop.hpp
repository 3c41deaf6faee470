#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "worker/programs/descriptor.hpp"

namespace reelspool {

/// One curl multi handle, driven by Asio through a private epoll set that holds curl's sockets and a timerfd:
/// Asio watches the set, and only while handles run. (A bridge for each socket has to guess whether curl closed or handed
/// on a descriptor; the kernel's own set knows.) Source: curl_multi_socket_action(3), epoll(7) "nested".
///
/// Threads    Loop thread only.
/// Ownership  Held by everybody who has a handle in it.
class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
 public:
  CurlLoop(boost::asio::any_io_executor executor, long connections, long per_host);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Starts the handle; `ended` is called once, from the loop, unless it is removed before. False when curl or the
  /// kernel has no room for it.
  bool add(CURL* handle, std::function<void(CURLcode)> ended);

  /// Ends it now, wherever it is. Not from within one of curl's callbacks. Does nothing for a handle that is not in it.
  void remove(CURL* handle);

  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  using Clock = std::chrono::steady_clock;
  void arm();
  void act_at_once();
  void take_time_out();
  void watch();
  void drive();
  void reap();

  boost::asio::any_io_executor executor_;
  Descriptor timer_;
  boost::asio::posix::stream_descriptor set_;
  CURLM* multi_;
  std::map<CURL*, std::function<void(CURLcode)>> running_;
  bool watching_ = false;
  std::optional<Clock::time_point> due_;    ///< when curl wants to be called
  std::optional<Clock::time_point> armed_;  ///< when the timerfd ends; never after due_
  bool is_posted_ = false;
};

}  // namespace reelspool
