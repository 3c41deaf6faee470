#pragma once

#include <curl/curl.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "worker/http/curl_loop.hpp"
#include "worker/http/http.hpp"
#include "worker/http/http_client.hpp"

namespace reelspool {

/// One exchange as curl sees it: an easy handle with its options and callbacks, and what has become of it. Part of
/// HttpClient, which waits on it.
///
/// Callbacks only take notes and wake the waiter: curl is not re-entered from within them.
class Transfer {
 public:
  Transfer(std::shared_ptr<CurlLoop> loop, HttpRequest request, const HttpClient::Options& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void start();
  /// Until something happened that is worth a look (an end, a wish to send, wake()), or the stall time is over.
  boost::asio::awaitable<void> next_event();
  void wake();

  bool has_ended() const { return ended_; }
  /// The connection stands and the body is asked for; it is held until release().
  bool wants_to_send() const { return wants_to_send_ && !released_; }
  void release();
  /// Whether nothing, or next to nothing, moved for too long.
  bool stalls();
  void end(HttpEnd how, Error error);

  HttpOutcome take_outcome();
  const HttpRequest& request() const { return request_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct FreeMime {
    void operator()(curl_mime* mime) const { curl_mime_free(mime); }
  };
  struct Reader;  // of one part of a form

  void set_up(const HttpClient::Options& options);
  void set_method_and_body();
  void set_form(const std::vector<FormPart>& parts);
  void set_headers();
  void set_signature(const AwsSignature& sign);
  void set_proxy(const HttpClient::Options& options);
  void note_end(CURLcode code);
  void mark();
  std::size_t give(char* to, std::size_t room, std::string_view text, const OpenFile* file,
                   std::uint64_t& at);

  static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* self);
  static std::size_t on_part(char* to, std::size_t size, std::size_t count, void* reader);
  static std::size_t on_write(char* from, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* from, std::size_t size, std::size_t count, void* self);
  static int on_connected(void* self, char*, char*, int, int);
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
  bool take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);

  const std::shared_ptr<CurlLoop> loop_;
  const HttpRequest request_;
  boost::asio::steady_timer waker_;
  bool woken_ = false;

  std::unique_ptr<curl_slist, FreeList> headers_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<curl_mime, FreeMime> mime_;  // freed before its handle
  std::array<char, CURL_ERROR_SIZE> complaint_{};

  bool proxied_ = false;
  bool ended_ = false;
  bool connected_ = false;
  bool wants_to_send_ = false;
  bool released_ = false;
  bool too_much_ = false;
  int disk_errno_ = 0;
  std::string refused_address_;
  std::uint64_t body_at_ = 0;
  std::uint64_t body_size_ = 0;  // of a form: of the contents of its parts
  std::uint64_t given_ = 0;      // of that, what curl has taken
  std::uint64_t moved_ = 0;      // bytes of bodies, either way
  std::size_t header_bytes_ = 0;
  // For stalls(): when it looks next, and what had moved when the last phase (connected, sent, answered) began.
  Clock::time_point look_at_, marked_at_;
  std::uint64_t marked_bytes_ = 0;
  HttpOutcome outcome_;
};

}  // namespace reelspool
