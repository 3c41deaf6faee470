#include "jobstore/open.hpp"

#include <atomic>

namespace reelspool {
namespace {

/// A store and who shows it. The members go in reverse: the window before its store.
struct WithWindow {
  std::unique_ptr<FileJobStore> store;
  WindowOptions options;
  std::unique_ptr<Window> window;   // a worker's
  std::atomic<bool> moved = false;  // a client's: it has something to show

  WithWindow(std::unique_ptr<FileJobStore> the_store, WindowOptions the_options)
      : store(std::move(the_store)), options(std::move(the_options)) {}

  ~WithWindow() {
    if (window) return;
    store->on_movement({});
    if (!moved) return;
    if (Result<bool> published = publish_once(*store, options); !published && options.report)
      options.report({window::Notice::Level::warning,
                      published.error().message + " - jobs.json is behind until a worker runs", ""});
  }
};

}  // namespace

Result<std::shared_ptr<JobStore>> open_file_job_store(const JobStoreOptions& options) {
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options.store);
  if (!store) return std::move(store.error());
  auto both = std::make_shared<WithWindow>(*std::move(store), options.window);
  if (options.store.role == FileStoreOptions::Role::worker) {
    Result<std::unique_ptr<Window>> window = Window::open(*both->store, options.window);
    if (!window) return std::move(window.error());
    both->window = *std::move(window);
  } else {
    both->store->on_movement([&moved = both->moved] { moved = true; });
  }
  return std::shared_ptr<JobStore>(both, both->store.get());
}

}  // namespace reelspool
