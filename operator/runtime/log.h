#pragma once
// Structured log lines: one JSON object a line on stderr, or text for people.
//
//   log.info("job created", {{"workflow", key}, {"job", name}, {"attempt", 2}});
//   {"ts":"2026-01-02T15:04:05.123Z","level":"info","msg":"job created","workflow":"ns/a","job":…}
//
// A field with an empty text is left out. Written by the caller's thread before the call returns;
// no thread, no buffer of its own. Values of secrets never belong in a field.
//
// Threads: safe from any; a line is never torn. Errors: none; text that is not UTF-8 is mended.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "controllers/object_meta.h"
#include "operator/runtime/clock.h"

namespace spdlog {
class logger;
}

namespace bootstrap::runtime {

enum class LogLevel { Debug, Info, Warn, Error };
enum class LogFormat { Json, Text };

// Of "debug", "info", "warn", "error"; of "json", "text". Empty on anything else.
std::optional<LogLevel> log_level_from(std::string_view);
std::optional<LogFormat> log_format_from(std::string_view);

class LogField {
 public:
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const ObjectKey& object) : key(name), value(to_text(object)) {}
  LogField(std::string_view name, bool yes) : key(name), value(yes) {}
  LogField(std::string_view name, std::floating_point auto number)
      : key(name), value(static_cast<double>(number)) {}
  LogField(std::string_view name, std::signed_integral auto number)
      : key(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, std::unsigned_integral auto number)
      : key(name), value(static_cast<std::uint64_t>(number)) {}

  std::string_view key;
  Value value;
};

class Log {
 public:
  using Fields = std::initializer_list<LogField>;
  // Receives each line without its end. Never called by two threads at once.
  using Sink = std::function<void(std::string_view line)>;

  struct Options {
    LogLevel level = LogLevel::Info;
    LogFormat format = LogFormat::Json;
    Sink sink{};  // empty: stderr
  };

  explicit Log(const Clock& clock) : Log(clock, Options{}) {}
  Log(const Clock& clock, Options options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view message, Fields fields = {}) const;
  void info(std::string_view message, Fields fields = {}) const;
  void warn(std::string_view message, Fields fields = {}) const;
  void error(std::string_view message, Fields fields = {}) const;

 private:
  void write(LogLevel level, std::string_view message, Fields fields) const;

  const Clock* clock_;
  LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace bootstrap::runtime
