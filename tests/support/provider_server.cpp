#include "tests/support/provider_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace reelspool::testing {
namespace {

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// The head of a request, without its body.
Received read_head(std::string_view head) {
  Received request;
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto space = line.find(' '), second = line.rfind(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, second - space - 1);
  for (std::string_view rest = head.substr(line_end + 2); !rest.empty();) {
    const auto end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view header = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const auto colon = header.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(header.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers[name] = trimmed(header.substr(colon + 1));
  }
  return request;
}

/// A key and a self-signed certificate for localhost in a context; the certificate also in a file.
std::shared_ptr<SSL_CTX> make_tls(const std::filesystem::path& certificate_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  for (const auto& [id, value] : {std::pair{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"},
                                  std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
    std::shared_ptr<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, id, value),
                                              X509_EXTENSION_free);
    X509_add_ext(certificate.get(), extension.get(), -1);
  }
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(certificate_file.c_str(), "w"), std::fclose);
  if (!file) give_up("writing a certificate");
  PEM_write_X509(file.get(), certificate.get());
  return context;
}

}  // namespace

/// A connection's bytes, through TLS or not.
class ProviderServer::Stream {
 public:
  Stream(int socket, SSL_CTX* context) : socket_(socket), ssl_(nullptr, SSL_free) {
    if (context == nullptr) return;
    ssl_.reset(SSL_new(context));
    SSL_set_fd(ssl_.get(), socket);
    good_ = SSL_accept(ssl_.get()) == 1;
  }
  bool good() const { return good_; }

  /// False at the end of the stream.
  bool more(std::string& into) {
    char bytes[65536];
    const int got = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes)
                         : static_cast<int>(recv(socket_, bytes, sizeof bytes, 0));
    if (got <= 0) return false;
    into.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  bool put(std::string_view bytes) {
    while (!bytes.empty()) {
      const int count = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
      const int wrote =
          ssl_ ? SSL_write(ssl_.get(), bytes.data(), count)
               : static_cast<int>(send(socket_, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL));
      if (wrote <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
  }

 private:
  int socket_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  bool good_ = true;
};

ProviderServer::ProviderServer(Handler handler, Options options)
    : handler_(std::move(handler)), options_(options) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write has no flag against it
  if (options_.tls) {
    std::string file = (std::filesystem::temp_directory_path() / "reelspool-certificate-XXXXXX").string();
    const int made = mkstemp(file.data());
    if (made < 0) give_up("making a certificate's file");
    close(made);
    certificate_ = file;
    tls_ = make_tls(certificate_);
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up("binding to loopback");
  port_ = ntohs(address.sin_port);
  if (options_.listening) listen();
}

void ProviderServer::listen() {
  if (::listen(listener_, 1024) != 0) give_up("listening");
  acceptor_ = std::thread([this] { accept_all(); });
}

ProviderServer::~ProviderServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int each : open_) shutdown(each, SHUT_RDWR);
  }
  changed_.notify_all();
  if (acceptor_.joinable()) acceptor_.join();
  for (auto& server : servers_) server.join();
  close(listener_);
  std::error_code ignored;
  if (!certificate_.empty()) std::filesystem::remove(certificate_, ignored);
}

void ProviderServer::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (socket < 0 || ending_) {
      if (socket >= 0) close(socket);
      return;
    }
    open_.insert(socket);
    const int number = ++connections_;
    servers_.emplace_back([this, socket, number] { serve(socket, number); });
    changed_.notify_all();
  }
}

void ProviderServer::serve(int socket, int number) {
  {
    Stream stream(socket, static_cast<SSL_CTX*>(tls_.get()));
    std::string bytes;
    for (int nth = 1; stream.good() && !options_.deaf; ++nth) {
      std::size_t head_end = 0;
      bool there = true;
      while (there && (head_end = bytes.find("\r\n\r\n")) == std::string::npos) there = stream.more(bytes);
      if (!there) break;
      Received request = read_head(std::string_view(bytes).substr(0, head_end));
      bytes.erase(0, head_end + 4);
      const std::string length = request.header("content-length");
      const std::size_t size = length.empty() ? 0 : std::stoul(length);
      while (there && bytes.size() < size) there = stream.more(bytes);
      if (!there) break;
      request.body = bytes.substr(0, size);
      bytes.erase(0, size);
      request.connection = number;
      request.nth_on_connection = nth;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      changed_.notify_all();
      if (!answer(stream, handler_(request), request)) break;
    }
    std::unique_lock lock(mutex_);
    if (options_.deaf) changed_.wait(lock, [this] { return ending_; });
  }
  const std::lock_guard lock(mutex_);
  open_.erase(socket);
  close(socket);
}

/// False when the connection is to be closed.
bool ProviderServer::answer(Stream& stream, const Reply& reply, const Received& request) {
  if (reply.held) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return released_ || ending_; });
    if (ending_) return false;
  }
  if (reply.silent) return false;
  if (!reply.raw.empty()) {
    stream.put(reply.raw);
    return false;
  }
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " Answer\r\n";
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (reply.status != 204 && reply.status != 304)
    head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  if (!stream.put(head + "\r\n")) return false;
  const std::string_view body = request.method == "HEAD" ? std::string_view() : std::string_view(reply.body);
  if (!stream.put(body.substr(0, reply.cut_after.value_or(body.size())))) return false;
  return !reply.cut_after;
}

void ProviderServer::release() {
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
}

std::string ProviderServer::origin() const {
  return (options_.tls ? "https://localhost:" : "http://127.0.0.1:") + std::to_string(port_);
}

std::vector<Received> ProviderServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ProviderServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

void ProviderServer::await_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= count; });
}

void ProviderServer::await_connections(int count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return connections_ >= count; });
}

int ProviderServer::billed() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> keys;
  int count = 0;
  for (const Received& request : requests_) {
    if (request.method != "POST") continue;
    const std::string key = request.header("idempotency-key");
    if (key.empty() || keys.insert(key).second) ++count;
  }
  return count;
}

}  // namespace reelspool::testing
