// A worker to be killed: `worker SHIM RECORDS FOLDER PROGRAM ARG...` runs the program and repeats on its
// stdout what the program writes to its descriptor 3. It ends only by being killed, or after the program.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "worker/programs/programs.hpp"

int main(int argc, char** argv) {
  using namespace reelspool;
  boost::asio::io_context loop;
  Programs programs(loop.get_executor(), {argv[1], argv[2]});
  Stop stop;
  Command command;
  command.directory = argv[3];
  command.argv.assign(argv + 4, argv + argc);
  command.box.writable = {argv[3]};
  command.on_progress = [](std::string_view line) {
    const std::string text = std::string(line) + "\n";
    return ::write(STDOUT_FILENO, text.data(), text.size()) > 0;
  };
  boost::asio::co_spawn(
      loop,
      [](Programs& from, Command what, Stop& by) -> boost::asio::awaitable<void> {
        (void)co_await from.run(std::move(what), by);
      }(programs, std::move(command), stop),
      boost::asio::detached);
  loop.run();
}
