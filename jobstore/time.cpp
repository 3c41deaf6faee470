#include "jobstore/time.hpp"

#include <ctime>

namespace reelspool {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  std::chrono::milliseconds running() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::milliseconds(std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000);
  }
};

/// Reads exactly `digits` decimal digits at `at`; -1 when they are not there.
int read_number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// Writes `digits` decimal digits at `at`. Only years from 0 to 9999 are read, so all of the number fits.
void write_number(std::string& text, std::size_t at, std::size_t digits, int number) {
  for (std::size_t i = at + digits; i-- > at; number /= 10) text[i] = static_cast<char>('0' + number % 10);
}

/// "Z", "+02:00", "-0530" from `at` to the end, in minutes east of UTC.
std::optional<int> read_offset(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest == "Z" || rest == "z") return 0;
  if (rest.size() < 5 || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
  const bool colon = rest[3] == ':';
  if (rest.size() != (colon ? 6U : 5U)) return std::nullopt;
  const int hours = read_number(rest, 1, 2);
  const int minutes = read_number(rest, colon ? 4 : 3, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (rest[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  // Every record has one or two of these: printf would be a tenth of what it costs to write it.
  std::string text = "0000-00-00T00:00:00.000Z";
  write_number(text, 0, 4, static_cast<int>(date.year()));
  write_number(text, 5, 2, static_cast<int>(static_cast<unsigned>(date.month())));
  write_number(text, 8, 2, static_cast<int>(static_cast<unsigned>(date.day())));
  write_number(text, 11, 2, static_cast<int>(clock.hours().count()));
  write_number(text, 14, 2, static_cast<int>(clock.minutes().count()));
  write_number(text, 17, 2, static_cast<int>(clock.seconds().count()));
  write_number(text, 20, 3, static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto at = [&](std::size_t i, std::string_view any_of) {
    return i < text.size() && any_of.find(text[i]) != std::string_view::npos;
  };
  if (!at(4, "-") || !at(7, "-") || !at(10, "Tt ") || !at(13, ":") || !at(16, ":")) return std::nullopt;
  const int year_number = read_number(text, 0, 4), month_number = read_number(text, 5, 2);
  const int day_number = read_number(text, 8, 2), hour = read_number(text, 11, 2);
  const int minute = read_number(text, 14, 2), second = read_number(text, 17, 2);
  if (year_number < 0 || month_number < 0 || day_number < 0) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (!date.ok()) return std::nullopt;

  std::size_t next = 19;
  int millisecond = 0;
  if (at(next, ".")) {
    int place = 100;
    std::size_t digits = 0;
    for (++next; next < text.size() && text[next] >= '0' && text[next] <= '9'; ++next, ++digits, place /= 10)
      millisecond += place * (text[next] - '0');
    if (digits == 0) return std::nullopt;
  }
  const auto offset = read_offset(text, next);
  if (!offset) return std::nullopt;
  const Time time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second) +
                    milliseconds(millisecond) - minutes(*offset);
  // An offset, or a leap second, can lead out of the years that four digits can write: then it could not be read again.
  const year in_utc = year_month_day(floor<days>(time)).year();
  if (in_utc < year(0) || in_utc > year(9999)) return std::nullopt;
  return time;
}

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::chrono::nanoseconds cpu_time_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace reelspool
