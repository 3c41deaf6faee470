#include "worker/http/curl_loop.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <utility>

namespace reelspool {
namespace {

namespace asio = boost::asio;

/// curl's global state is set up once a process, before any thread of it.
CURLM* make_multi() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return curl_multi_init();
}

}  // namespace

CurlLoop::CurlLoop(asio::any_io_executor executor, long connections, long per_host)
    : executor_(std::move(executor)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      set_(executor_),
      multi_(make_multi()) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0 || !timer_ || multi_ == nullptr) return;
  set_.assign(set);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = timer_.number();
  epoll_ctl(set, EPOLL_CTL_ADD, timer_.number(), &event);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
}

CurlLoop::~CurlLoop() {
  curl_multi_cleanup(multi_);
}

bool CurlLoop::add(CURL* handle, std::function<void(CURLcode)> ended) {
  if (!set_.is_open() || curl_multi_add_handle(multi_, handle) != CURLM_OK) return false;
  running_.insert_or_assign(handle, std::move(ended));
  watch();
  return true;
}

void CurlLoop::remove(CURL* handle) {
  if (running_.erase(handle) == 0) return;
  curl_multi_remove_handle(multi_, handle);
  if (running_.empty() && watching_) set_.cancel();
}

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  const int set = static_cast<CurlLoop*>(self)->set_.native_handle();
  epoll_event event{};
  event.data.fd = socket;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(set, EPOLL_CTL_DEL, socket,
              &event);  // fails where it is closed already: then it has left by itself
    return 0;
  }
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  if (epoll_ctl(set, EPOLL_CTL_MOD, socket, &event) == 0) return 0;
  return errno == ENOENT && epoll_ctl(set, EPOLL_CTL_ADD, socket, &event) == 0 ? 0 : -1;
}

int CurlLoop::on_timer(CURLM*, long timeout_ms, void* self) {
  itimerspec when{};
  if (timeout_ms >= 0) {
    when.it_value.tv_sec = timeout_ms / 1000;
    when.it_value.tv_nsec = timeout_ms == 0 ? 1 : timeout_ms % 1000 * 1'000'000;  // 0 would disarm it
  }
  return timerfd_settime(static_cast<CurlLoop*>(self)->timer_.number(), 0, &when, nullptr);
}

void CurlLoop::watch() {
  if (watching_ || running_.empty()) return;
  watching_ = true;
  set_.async_wait(asio::posix::stream_descriptor::wait_read,
                  [self = shared_from_this()](const boost::system::error_code& error) {
                    self->watching_ = false;
                    if (!error) self->drive();
                    self->watch();
                  });
}

void CurlLoop::drive() {
  constexpr int rounds = 8;  // others on the loop want to go on as well
  std::array<epoll_event, 64> events{};
  for (int round = 0; round < rounds; ++round) {
    const int count = epoll_wait(set_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) break;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int still_running = 0;
      if (event.data.fd == timer_.number()) {
        std::uint64_t expired = 0;
        (void)!read(timer_.number(), &expired, sizeof expired);
        curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still_running);
        continue;
      }
      int what = 0;
      if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi_, event.data.fd, what, &still_running);
    }
  }
  reap();
}

void CurlLoop::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto found = running_.find(message->easy_handle);
    if (found != running_.end() && found->second) std::exchange(found->second, {})(message->data.result);
  }
}

}  // namespace reelspool
