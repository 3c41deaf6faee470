#pragma once

#include "worker/cli/shell.hpp"

namespace reelspool {

// One function a subcommand; each lives in the file of its name.
void add_worker_command(CLI::App& app, Shell& shell);
void add_run_command(CLI::App& app, Shell& shell);
void add_submit_command(CLI::App& app, Shell& shell);
void add_list_command(CLI::App& app, Shell& shell);
void add_show_command(CLI::App& app, Shell& shell);
void add_watch_command(CLI::App& app, Shell& shell);
void add_cancel_command(CLI::App& app, Shell& shell);
void add_retry_command(CLI::App& app, Shell& shell);
void add_remove_command(CLI::App& app, Shell& shell);
void add_queue_commands(CLI::App& app, Shell& shell);  ///< pause, resume, drain
void add_recover_command(CLI::App& app, Shell& shell);
void add_stats_command(CLI::App& app, Shell& shell);
void add_store_command(CLI::App& app, Shell& shell);
void add_plugin_command(CLI::App& app, Shell& shell);
void add_media_command(CLI::App& app, Shell& shell);
void add_doctor_command(CLI::App& app, Shell& shell);
void add_config_command(CLI::App& app, Shell& shell);

}  // namespace reelspool
