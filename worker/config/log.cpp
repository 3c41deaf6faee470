#include "worker/config/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "jobstore/time.hpp"
#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

struct Sinks {
  Log::Form form = Log::Form::human;
  std::shared_ptr<spdlog::logger> out =
      std::make_shared<spdlog::logger>("out", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  std::shared_ptr<spdlog::logger> err =
      std::make_shared<spdlog::logger>("err", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  Sinks() {
    for (auto& logger : {out, err}) {
      logger->set_pattern("%v");  // the line is made here, whole
      logger->flush_on(spdlog::level::trace);
    }
    out->set_level(spdlog::level::warn);
  }
};

Sinks& sinks() {
  static Sinks instance;
  return instance;
}

std::string human_line(std::string_view level, std::string_view message, const Log::Fields& fields) {
  std::string line = "[" + format_time(system_clock().now()) + "] ";
  if (level != "info") line += std::string(level) + " ";
  line += message;
  std::string details;
  for (const auto& [name, value] : fields) {
    details += details.empty() ? "  (" : ", ";
    details += std::string(name) + " " + (value.is_string() ? value.get<std::string>() : to_text(value));
  }
  return legible_line(line + (details.empty() ? "" : details + ")"));
}

std::string json_line(std::string_view level, std::string_view message, const Log::Fields& fields) {
  Json line = {{"timestamp", format_time(system_clock().now())}, {"level", level}, {"message", message}};
  for (const auto& [name, value] : fields) line[std::string(name)] = value;
  return to_text(line);
}

void write(spdlog::level::level_enum level, std::string_view word, std::string_view message,
           const Log::Fields& fields) {
  Sinks& s = sinks();
  spdlog::logger& logger = level >= spdlog::level::warn ? *s.err : *s.out;
  if (!logger.should_log(level)) return;
  logger.log(
      level, "{}",
      s.form == Log::Form::json ? json_line(word, message, fields) : human_line(word, message, fields));
}

}  // namespace

void Log::set_up(Level level, Form form) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                  spdlog::level::warn, spdlog::level::err};
  sinks().form = form;
  sinks().out->set_level(levels[static_cast<int>(level)]);
  sinks().err->set_level(levels[static_cast<int>(level)]);
}

void Log::set_up(const Settings& settings) {
  const std::string level = settings.text("LOG_LEVEL");
  const std::string form = settings.text("LOG_FORMAT");
  const bool for_people = form == "human" || (form == "auto" && isatty(STDOUT_FILENO) == 1);
  set_up(level == "debug"  ? Level::debug
         : level == "info" ? Level::info
         : level == "warn" ? Level::warn
                           : Level::error,
         for_people ? Form::human : Form::json);
}

void Log::debug(std::string_view message, const Fields& fields) {
  write(spdlog::level::debug, "debug", message, fields);
}
void Log::info(std::string_view message, const Fields& fields) {
  write(spdlog::level::info, "info", message, fields);
}
void Log::warn(std::string_view message, const Fields& fields) {
  write(spdlog::level::warn, "warn", message, fields);
}
void Log::error(std::string_view message, const Fields& fields) {
  write(spdlog::level::err, "error", message, fields);
}

}  // namespace reelspool
