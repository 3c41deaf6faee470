#include "worker/cli/commands.hpp"

int main(int argc, char** argv) {
  using namespace reelspool;
  CLI::App app("Turns storyboards and scripts into finished videos on one server.", "reelspool");
  app.set_version_flag("--version", REELSPOOL_VERSION);
  Shell shell(app);
  add_worker_command(app, shell);
  add_run_command(app, shell);
  add_submit_command(app, shell);
  add_list_command(app, shell);
  add_show_command(app, shell);
  add_watch_command(app, shell);
  add_cancel_command(app, shell);
  add_retry_command(app, shell);
  add_remove_command(app, shell);
  add_queue_commands(app, shell);
  add_recover_command(app, shell);
  add_stats_command(app, shell);
  add_store_command(app, shell);
  add_plugin_command(app, shell);
  add_media_command(app, shell);
  add_doctor_command(app, shell);
  add_config_command(app, shell);
  return shell.run(argc, argv);
}
