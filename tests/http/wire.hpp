#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/loop.hpp"
#include "tests/support/provider_server.hpp"
#include "worker/http/fetch.hpp"
#include "worker/http/http_client.hpp"

namespace reelspool::testing {

/// A file that is written to and then looked at; without a name, so it goes with its descriptor.
class Paper {
 public:
  Paper() {
    std::string name = (std::filesystem::temp_directory_path() / "reelspool-http-XXXXXX").string();
    file_ = std::make_shared<Descriptor>(mkstemp(name.data()));
    unlink(name.c_str());
  }
  explicit Paper(const std::string& text) : Paper() {
    EXPECT_EQ(pwrite(file_->number(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  std::shared_ptr<const Descriptor> file() const { return file_; }
  std::string text() const {
    std::string all(1 << 22, '\0');
    const ssize_t got = pread(file_->number(), all.data(), all.size(), 0);
    all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return all;
  }

 private:
  std::shared_ptr<Descriptor> file_;
};

/// A loop, a client, and requests to a server of the test.
struct Wire {
  HttpRequest request(const ProviderServer& server, const std::string& target,
                      const std::string& method = "GET") {
    return request(server.url(target), method);
  }
  HttpRequest request(const std::string& url, const std::string& method = "GET") {
    HttpRequest made;
    made.method = method;
    made.url = *Url::parse(url);
    made.any_address = true;
    made.fresh_connection = method != "GET" && method != "HEAD";
    return made;
  }
  HttpOutcome exchange(HttpRequest what) { return loop.run(client->exchange(std::move(what), stop)); }

  /// Begun; `ended` gets it.
  void start(HttpRequest what, std::optional<HttpOutcome>& ended) {
    loop.start(client->exchange(std::move(what), stop),
               [&ended](HttpOutcome outcome) { ended.emplace(std::move(outcome)); });
  }
  HttpOutcome finish(std::optional<HttpOutcome>& ended) {
    while (!ended) loop.context.run_one();
    return std::move(*ended);
  }

  HttpOutcome run(Fetch what) { return loop.run(fetch(*client, std::move(what), stop)); }
  Fetch fetching(const ProviderServer& server, const std::string& target, const std::string& method = "GET") {
    Fetch what;
    what.request = request(server, target, method);
    what.may_reach = [](const Url&) { return Result<bool>(true); };
    what.first_wait = what.longest_wait = std::chrono::milliseconds(1);
    return what;
  }

  Loop loop;
  Stop stop;
  std::unique_ptr<HttpClient> client =
      std::make_unique<HttpClient>(loop.context.get_executor(), HttpClient::Options{});
};

}  // namespace reelspool::testing
