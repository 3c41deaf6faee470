// A worker's store with its window, to be killed: server DATA NAME. Prints "serves" once it does, and ends with its input.

#include <cstdio>

#include "jobstore/open.hpp"
#include "jobstore/window/window.hpp"

int main(int count, char** arguments) {
  using namespace reelspool;
  if (count != 3) return 2;
  FileStoreOptions options;
  options.data = arguments[1];
  options.worker = arguments[2];
  options.role = FileStoreOptions::Role::worker;
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options);
  if (!store) return std::fprintf(stderr, "%s\n", store.error().message.c_str()), 1;
  Result<std::unique_ptr<Window>> window = Window::open(**store, {});
  if (!window) return std::fprintf(stderr, "%s\n", window.error().message.c_str()), 1;
  while (!(*window)->serves() || !(*window)->flush()) {
  }
  std::puts("serves");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
