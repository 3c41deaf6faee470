#include "worker/http/curl_loop.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
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
  auto& loop = *static_cast<CurlLoop*>(self);
  loop.due_.reset();
  if (timeout_ms >= 0) loop.due_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  if (timeout_ms == 0)
    loop.act_at_once();
  else
    loop.arm();
  return 0;
}

/// curl changes its mind several times for each exchange, mostly to a later time: the kernel is told only of an earlier one, and
/// who wakes up too early sleeps again.
void CurlLoop::arm() {
  if (!due_ || (armed_ && *armed_ <= *due_)) return;
  using namespace std::chrono;
  const auto left = std::max<nanoseconds>(*due_ - Clock::now(), nanoseconds(1));  // 0 would disarm it
  itimerspec when{};
  when.it_value.tv_sec = duration_cast<seconds>(left).count();
  when.it_value.tv_nsec = (left % seconds(1)).count();
  if (timerfd_settime(timer_.number(), 0, &when, nullptr) == 0) armed_ = due_;
}

/// Not by a timer, which costs a system call and a round of the loop.
void CurlLoop::act_at_once() {
  const auto self = weak_from_this().lock();
  if (is_posted_ || !self) return;
  is_posted_ = true;
  asio::post(executor_, [self] {
    self->is_posted_ = false;
    self->take_time_out();
    self->reap();
    self->watch();
  });
}

void CurlLoop::take_time_out() {
  if (!due_) return;
  if (*due_ <= Clock::now()) {
    int still_running = 0;
    due_.reset();
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still_running);
  } else {
    arm();
  }
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
      if (event.data.fd == timer_.number()) {
        std::uint64_t expired = 0;
        (void)!read(timer_.number(), &expired, sizeof expired);
        armed_.reset();
        take_time_out();
        continue;
      }
      int still_running = 0;
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
