#include "controllers/time.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace bootstrap {

using namespace std::chrono;

namespace {

// Times are written and read by hand: what there is makes a stream with a locale for each, and a
// status has dozens of them.
std::string to_seconds(TimePoint t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const auto second = floor<seconds>(t - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60);
}

}  // namespace

std::string to_rfc3339(TimePoint t) {
  return to_seconds(t) + "Z";
}

std::string to_rfc3339_micro(TimePoint t) {
  return fmt::format("{}.{:03}000Z", to_seconds(t), (t - floor<seconds>(t)).count());
}

namespace {

// In a pattern "d" is a digit, everything else is itself.
bool looks_like(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(
      text, pattern, [](char c, char p) { return p == 'd' ? c >= '0' && c <= '9' : c == p; });
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Takes ".123456" from the front, if it is there; what is finer than milliseconds is cut off.
std::optional<milliseconds> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return milliseconds(0);
  text.remove_prefix(1);
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  if (count == 0) return std::nullopt;
  std::string thousandths(text.substr(0, std::min<std::size_t>(count, 3)));
  thousandths.resize(3, '0');
  text.remove_prefix(count);
  return milliseconds(number(thousandths));
}

std::optional<minutes> offset_of(std::string_view zone) {
  if (zone == "Z") return minutes(0);
  if (!looks_like(zone, "+dd:dd") && !looks_like(zone, "-dd:dd")) return std::nullopt;
  const hours h(number(zone.substr(1, 2)));
  const minutes m(number(zone.substr(4, 2)));
  if (h >= days(1) || m >= hours(1)) return std::nullopt;
  return zone.front() == '-' ? -(h + m) : h + m;
}

}  // namespace

std::optional<TimePoint> from_rfc3339(std::string_view text) {
  constexpr std::string_view kToSeconds = "dddd-dd-ddTdd:dd:dd";
  const std::string_view front = text.substr(0, kToSeconds.size());
  if (!looks_like(front, kToSeconds)) return std::nullopt;
  const auto part = [&](std::size_t at) { return number(front.substr(at, 2)); };
  const year_month_day date(year(number(front.substr(0, 4))), month(static_cast<unsigned>(part(5))),
                            day(static_cast<unsigned>(part(8))));
  const hours h(part(11));
  const minutes m(part(14));
  const seconds s(part(17));
  if (!date.ok() || h >= days(1) || m >= hours(1) || s >= minutes(1)) return std::nullopt;
  text.remove_prefix(front.size());
  const auto fraction = take_fraction(text);
  const auto offset = offset_of(text);
  if (!fraction || !offset) return std::nullopt;
  return sys_days(date) + h + m + s + *fraction - *offset;
}

std::string to_text(Duration d) {
  const auto total = duration_cast<seconds>(d).count();
  const auto h = total / 3600, m = total / 60 % 60, s = total % 60;
  if (h > 0) return fmt::format("{}h{}m{}s", h, m, s);
  if (m > 0) return fmt::format("{}m{}s", m, s);
  return fmt::format("{}s", s);
}

namespace {

struct Unit {
  std::string_view name;
  Duration length;
};
// "ms" before "m": the longest name that fits wins.
constexpr std::array<Unit, 4> kUnits{
    Unit{"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}};
constexpr Duration kLongest = hours(24 * 3650);

}  // namespace

std::optional<Duration> duration_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Duration sum{0};
  while (!text.empty()) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || digits > 9) return std::nullopt;
    const long long count = std::stoll(std::string(text.substr(0, digits)));
    text.remove_prefix(digits);
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end(),
                                    [&](const Unit& u) { return text.starts_with(u.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    sum += count * unit->length;
    if (sum > kLongest) return std::nullopt;
  }
  return sum;
}

}  // namespace bootstrap
