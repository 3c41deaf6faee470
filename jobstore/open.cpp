#include "jobstore/open.hpp"

#include <atomic>

#include "jobstore/socket/store_server.hpp"
#include "jobstore/window/drop.hpp"

namespace reelspool {
namespace {

/// A store, who shows it and who answers for it. The members go in reverse: the window before its store.
struct WithWindow {
  std::unique_ptr<FileJobStore> store;
  WindowOptions options;
  std::unique_ptr<Window> window;  // a worker's, as the next
  std::unique_ptr<StoreServer> server;
  std::atomic<bool> moved = false;  // a client's: it has something to show

  WithWindow(std::unique_ptr<FileJobStore> the_store, WindowOptions the_options)
      : store(std::move(the_store)), options(std::move(the_options)) {}

  ~WithWindow() {
    if (window) return;
    store->on_movement({});
    if (moved) publish();
  }

  void publish() {
    if (Result<bool> published = publish_once(*store, options); !published)
      warn(published.error().message + " - jobs.json is behind until a worker runs");
  }
  void warn(const std::string& message) const {
    if (options.report) options.report({window::Notice::Level::warning, message, ""});
  }
};

}  // namespace

Result<std::shared_ptr<FileJobStore>> open_file_job_store(const JobStoreOptions& options) {
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options.store);
  if (!store) return std::move(store.error());
  auto both = std::make_shared<WithWindow>(*std::move(store), options.window);
  if (options.store.role == FileStoreOptions::Role::worker) {
    Result<std::unique_ptr<Window>> window = Window::open(*both->store, options.window);
    if (!window) return std::move(window.error());
    both->window = *std::move(window);
    Result<std::unique_ptr<StoreServer>> server =
        StoreServer::open(*both->store, options.store.data / "store",
                          [raw = both.get()](const std::string& message) { raw->warn(message); });
    if (server)
      both->server = *std::move(server);
    else
      both->warn(server.error().message + " - commands open the store themselves, which takes longer");
  } else {
    if (anything_dropped(options.store.data)) both->publish();
    both->store->on_movement([&moved = both->moved] { moved = true; });
  }
  return std::shared_ptr<FileJobStore>(both, both->store.get());
}

}  // namespace reelspool
