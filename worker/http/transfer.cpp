#include "worker/http/transfer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "worker/http/address.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_header_bytes = 256 << 10;
constexpr std::uint64_t slowest_bytes_per_second = 1024;
constexpr std::uint64_t small_answer_bytes = 1 << 20;
constexpr long small_buffer_bytes = 4 << 10;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool is_reading(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

}  // namespace

struct Transfer::Reader {
  Transfer* transfer;
  const FormPart* part;
  std::uint64_t at = 0;
};

Transfer::Transfer(std::shared_ptr<CurlLoop> loop, HttpRequest request, const HttpClient::Options& options)
    : loop_(std::move(loop)),
      request_(std::move(request)),
      waker_(loop_->executor()),
      easy_(curl_easy_init()),
      look_at_(Clock::now() + request_.stall_time) {
  if (easy_) set_up(options);
}

Transfer::~Transfer() {
  loop_->remove(easy_.get());
}

void Transfer::start() {
  if (proxied_ && !request_.any_address) {
    // A name is the proxy's affair; an address can be judged here.
    if (auto literal = private_literal(request_.url.host); !literal.empty()) {
      refused_address_ = std::move(literal);
      return note_end(CURLE_COULDNT_CONNECT);
    }
  }
  const bool added = easy_ && loop_->add(easy_.get(), [this](CURLcode code) { note_end(code); });
  if (!added) end(HttpEnd::local, make_error(ErrorClass::transient, "out of memory or descriptors"));
}

asio::awaitable<void> Transfer::next_event() {
  const bool watches = request_.stall_time.count() > 0;
  while (!woken_) {
    waker_.expires_at(watches ? look_at_ : Clock::time_point::max());
    co_await waker_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (watches && Clock::now() >= look_at_) break;
  }
  woken_ = false;
}

void Transfer::wake() {
  woken_ = true;
  waker_.cancel();
}

void Transfer::release() {
  released_ = true;
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

bool Transfer::stalls() {
  const auto now = Clock::now();
  if (request_.stall_time.count() == 0 || now < look_at_) return false;
  look_at_ = now + request_.stall_time;
  if (!connected_) return false;  // that has a limit of its own
  if (outcome_.response.status == 0 && given_ == body_size_) return now >= marked_at_ + request_.answer_time;
  if (now < marked_at_ + request_.stall_time) return false;
  const auto milliseconds = static_cast<std::uint64_t>(request_.stall_time.count());
  const bool moves = moved_ - marked_bytes_ >= slowest_bytes_per_second * milliseconds / 1000;
  mark();
  return !moves;
}

void Transfer::mark() {
  marked_at_ = Clock::now();
  marked_bytes_ = moved_;
}

void Transfer::end(HttpEnd how, Error error) {
  if (ended_) return;
  loop_->remove(easy_.get());
  ended_ = true;
  outcome_.end = how;
  outcome_.error = std::move(error);
}

HttpOutcome Transfer::take_outcome() {
  return std::move(outcome_);
}

void Transfer::note_end(CURLcode code) {
  const std::string why = complaint_[0] != 0 ? complaint_.data() : curl_easy_strerror(code);
  const auto say = [&](ErrorClass cls, const std::string& what) {
    return make_error(cls, request_.url.host + ": " + what);
  };
  if (code == CURLE_OK || too_much_)
    end(HttpEnd::answered, {});
  else if (disk_errno_ != 0)
    end(HttpEnd::local, system_error("saving what " + request_.url.host + " answered", disk_errno_));
  else if (code == CURLE_OUT_OF_MEMORY &&
           !connected_)  // later it is what curl calls a header that is too long
    end(HttpEnd::local, say(ErrorClass::transient, why));
  else if (!connected_ && !refused_address_.empty())
    end(HttpEnd::refused, say(ErrorClass::unavailable,
                              "its address " + refused_address_ +
                                  " is not public, and is not reached; to allow it, set HTTP_ALLOWED_HOSTS=" +
                                  request_.url.host + ":" + std::to_string(request_.url.port)));
  else if (!connected_)
    end(HttpEnd::unreachable, say(ErrorClass::transient, "no connection: " + why));
  else if (code == CURLE_OPERATION_TIMEDOUT)
    end(HttpEnd::timed_out, say(ErrorClass::timeout, why));
  else
    end(HttpEnd::cut, say(ErrorClass::transient, "the connection broke before the answer was whole: " + why));
  wake();
}

// --- What curl is told ---

void Transfer::set_up(const HttpClient::Options& options) {
  CURL* easy = easy_.get();
  const bool reads = is_reading(request_.method);
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.text.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, complaint_.data());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Without it a handle that is taken out while its name is being resolved waits for the resolver, on the loop.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_time.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.whole_time.count()));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (request_.fresh_connection) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  // By HTTP/1.1 it is plain when a body begins to leave; HTTP/2 lets thousands of polls share a connection.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   static_cast<long>(reads && !request_.fresh_connection ? CURL_HTTP_VERSION_2TLS
                                                                         : CURL_HTTP_VERSION_1_1));
  if (reads) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  // Most answers are short, and the default of 16 KiB is taken and given back for each.
  if (!request_.save && request_.memory_limit <= small_answer_bytes)
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, small_buffer_bytes);
  // A part of a file is asked for in bytes of the file, so its answer must not be compressed.
  if (!request_.save) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");

  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_proxy(options);
  set_method_and_body();
  set_headers();
  if (request_.sign) set_signature(*request_.sign);
}

void Transfer::set_method_and_body() {
  CURL* easy = easy_.get();
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (const auto* form = std::get_if<std::vector<FormPart>>(&request_.body)) {
    set_form(*form);
  } else if (request_.has_body()) {
    const auto* text = std::get_if<std::string>(&request_.body);
    const std::uint64_t size = text != nullptr ? text->size() : std::get<OpenFile>(request_.body).size;
    body_size_ = size;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
  } else if (request_.method != "GET" && request_.method != "DELETE") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");  // so that a length of 0 is said
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::set_form(const std::vector<FormPart>& parts) {
  mime_.reset(curl_mime_init(easy_.get()));
  for (const FormPart& part : parts) {
    curl_mimepart* mime = curl_mime_addpart(mime_.get());
    curl_mime_name(mime, part.name.c_str());
    if (!part.type.empty()) curl_mime_type(mime, part.type.c_str());
    if (!part.file_name.empty()) curl_mime_filename(mime, part.file_name.c_str());
    const auto* text = std::get_if<std::string>(&part.content);
    const std::uint64_t size = text != nullptr ? text->size() : std::get<OpenFile>(part.content).size;
    body_size_ += size;
    readers_.push_back(std::make_unique<Reader>(Reader{this, &part}));
    curl_mime_data_cb(mime, static_cast<curl_off_t>(size), &on_part, nullptr, nullptr, readers_.back().get());
  }
  curl_easy_setopt(easy_.get(), CURLOPT_MIMEPOST, mime_.get());
}

void Transfer::set_headers() {
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list, line.c_str()); longer != nullptr) list = longer;
  };
  bool has_type = false, has_hash = false;
  for (const HttpHeader& header : request_.headers) {
    has_type = has_type || in_lower_case(header.name) == "content-type";
    has_hash = has_hash || in_lower_case(header.name) == "x-amz-content-sha256";
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (request_.sign) {
    // curl 7.88 signs what is here, also headers that are only named so that they are not sent, and the hash of no body.
    if (!has_hash) add("x-amz-content-sha256: UNSIGNED-PAYLOAD");
  } else {
    add("Expect:");  // curl would wait a second for a 100 that many servers never send
    if (!request_.has_body() && !has_type) add("Content-Type:");
  }
  headers_.reset(list);
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list);
}

void Transfer::set_signature(const AwsSignature& sign) {
  const std::string how = "aws:amz:" + sign.region + ":" + sign.service;
  curl_easy_setopt(easy_.get(), CURLOPT_AWS_SIGV4, how.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_USERNAME, sign.access_key.c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_PASSWORD, sign.secret_key.c_str());
}

/// Chosen here and not by curl, so that it is known whether the address that is connected to is the proxy's.
void Transfer::set_proxy(const HttpClient::Options& options) {
  proxied_ = !options.proxy.empty();
  std::string_view rest = options.no_proxy;
  while (proxied_ && !rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    std::string_view host = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (host.starts_with('.')) host.remove_prefix(1);
    const std::string_view asked = request_.url.host;
    if (host == "*" || (!host.empty() && asked.ends_with(host) &&
                        (asked.size() == host.size() || asked[asked.size() - host.size() - 1] == '.')))
      proxied_ = false;
  }
  curl_easy_setopt(easy_.get(), CURLOPT_PROXY, proxied_ ? options.proxy.c_str() : "");
  curl_easy_setopt(easy_.get(), CURLOPT_NOPROXY, "");
}

// --- What curl asks and tells ---

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const bool reached = transfer.request_.any_address || transfer.proxied_ || is_public(address->addr);
  if (!reached) {
    transfer.refused_address_ = address_text(address->addr);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

int Transfer::on_connected(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.connected_ = true;
  transfer.mark();
  if (!transfer.request_.has_body()) transfer.outcome_.sent = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_read(char* to, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto& body = transfer.request_.body;
  const auto* text = std::get_if<std::string>(&body);
  return transfer.give(to, size * count, text != nullptr ? *text : std::string_view(),
                       std::get_if<OpenFile>(&body), transfer.body_at_);
}

std::size_t Transfer::on_part(char* to, std::size_t size, std::size_t count, void* reader) {
  auto& part = *static_cast<Reader*>(reader);
  const auto& content = part.part->content;
  const auto* text = std::get_if<std::string>(&content);
  return part.transfer->give(to, size * count, text != nullptr ? *text : std::string_view(),
                             std::get_if<OpenFile>(&content), part.at);
}

/// The next bytes of a text or a file, from `at` on; nothing before release().
std::size_t Transfer::give(char* to, std::size_t room, std::string_view text, const OpenFile* file,
                           std::uint64_t& at) {
  if (!released_ && request_.before_sending) {
    wants_to_send_ = true;
    wake();
    return CURL_READFUNC_PAUSE;
  }
  outcome_.sent = true;
  std::size_t given = 0;
  if (file != nullptr) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(room, file->size - at));
    const ssize_t got = pread(file->file->number(), to, want, static_cast<off_t>(at));
    if (got < 0 || (got == 0 && want > 0)) {
      disk_errno_ = got < 0 ? errno : EIO;  // it became shorter
      return CURL_READFUNC_ABORT;
    }
    given = static_cast<std::size_t>(got);
  } else {
    given = std::min<std::size_t>(room, text.size() - at);
    std::memcpy(to, text.data() + at, given);
  }
  at += given;
  given_ += given;
  moved_ += given;
  if (given_ == body_size_) mark();
  return given;
}

std::size_t Transfer::on_header(char* from, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({from, size * count}) ? size * count : 0;
}

bool Transfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > most_header_bytes) return false;
  HttpResponse& response = outcome_.response;
  if (line.starts_with("HTTP/")) {  // a 1xx may have come before
    response.headers.clear();
    mark();
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return false;
    std::from_chars(line.data() + space + 1, line.data() + line.size(), response.status);
    if (response.status < 200) response.status = 0;
    return true;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string name = in_lower_case(trimmed(line.substr(0, colon)));
  const std::string value(trimmed(line.substr(colon + 1)));
  const auto known = std::find_if(response.headers.begin(), response.headers.end(),
                                  [&](const HttpHeader& header) { return header.name == name; });
  if (known == response.headers.end())
    response.headers.push_back({name, value});
  else
    known->value += ", " + value;
  return true;
}

std::size_t Transfer::on_write(char* from, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({from, size * count});
}

/// Less than was given ends the transfer.
std::size_t Transfer::take_body(std::string_view bytes) {
  HttpResponse& response = outcome_.response;
  moved_ += bytes.size();
  const bool saves = request_.save && response.status >= 200 && response.status < 300;
  if (!saves) {
    const std::size_t room = request_.memory_limit - response.body.size();
    response.body.append(bytes.substr(0, room));
    if (bytes.size() <= room) return bytes.size();
    too_much_ = response.truncated = true;
    return 0;
  }
  if (!response.saved) {
    response.saved = true;
    if (response.status == 206) response.saved_from = request_.save->offset;
    // An answer to If-Range is the rest that was asked for, or the whole file from its beginning.
    if (response.status == 206 &&
        !response.header("content-range").starts_with("bytes " + std::to_string(response.saved_from) + "-"))
      return 0;
  }
  if (response.saved_from + response.saved_bytes + bytes.size() > request_.save->limit) {
    too_much_ = response.truncated = true;
    return 0;
  }
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t wrote = pwrite(request_.save->file->number(), left.data(), left.size(),
                                 static_cast<off_t>(response.saved_from + response.saved_bytes));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      disk_errno_ = errno;
      return 0;
    }
    left.remove_prefix(static_cast<std::size_t>(wrote));
    response.saved_bytes += static_cast<std::uint64_t>(wrote);
  }
  return bytes.size();
}

}  // namespace reelspool
