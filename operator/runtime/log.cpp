#include "operator/runtime/log.h"

#include <array>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace bootstrap::runtime {

namespace {

struct LevelName {
  LogLevel level;
  std::string_view name;
  spdlog::level::level_enum theirs;
};
constexpr std::array<LevelName, 4> kLevels{{{LogLevel::Debug, "debug", spdlog::level::debug},
                                            {LogLevel::Info, "info", spdlog::level::info},
                                            {LogLevel::Warn, "warn", spdlog::level::warn},
                                            {LogLevel::Error, "error", spdlog::level::err}}};

const LevelName& named(LogLevel level) {
  return kLevels[static_cast<std::size_t>(level)];
}

// Hands lines to a function; the base class lets one thread in at a time.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Log::Sink lines) : lines_(std::move(lines)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

 private:
  Log::Sink lines_;
};

spdlog::sink_ptr sink_for(Log::Sink sink) {
  if (sink) return std::make_shared<FunctionSink>(std::move(sink));
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

std::string timestamp(TimePoint now) {
  // to_rfc3339_micro ends in "123000Z"; log lines want milliseconds.
  std::string text = to_rfc3339_micro(now);
  text.replace(text.size() - 4, 4, "Z");
  return text;
}

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string as_json(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return json_string(*text);
  return std::visit([](const auto& plain) { return nlohmann::json(plain).dump(); }, value);
}

std::string as_text(const LogField::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return as_json(value);
  const bool plain = !text->empty() && text->find_first_of(" \"\\=") == std::string::npos;
  const std::string safe = json_string(*text);
  return plain && safe.size() == text->size() + 2 ? *text : safe;
}

// Nothing to say is not said: "step" of a line about the workflow as a whole.
bool says_nothing(const LogField& field) {
  const auto* text = std::get_if<std::string>(&field.value);
  return text != nullptr && text->empty();
}

std::string json_line(TimePoint now, LogLevel level, std::string_view message, Log::Fields fields) {
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","msg":{})", timestamp(now),
                                 named(level).name, json_string(message));
  for (const LogField& field : fields)
    if (!says_nothing(field))
      line.append(",").append(json_string(field.key)).append(":").append(as_json(field.value));
  return line + '}';
}

std::string text_line(TimePoint now, LogLevel level, std::string_view message, Log::Fields fields) {
  // A message comes from us, but what it holds may not: no second line, no escape sequence.
  const std::string safe = json_string(message);
  std::string line = fmt::format("{} {:<5} {}", timestamp(now), named(level).name,
                                 std::string_view(safe).substr(1, safe.size() - 2));
  for (const LogField& field : fields)
    if (!says_nothing(field))
      line.append(" ").append(field.key).append("=").append(as_text(field.value));
  return line;
}

}  // namespace

std::optional<LogLevel> log_level_from(std::string_view name) {
  for (const LevelName& level : kLevels)
    if (level.name == name) return level.level;
  return std::nullopt;
}

std::optional<LogFormat> log_format_from(std::string_view name) {
  if (name == "json") return LogFormat::Json;
  if (name == "text") return LogFormat::Text;
  return std::nullopt;
}

Log::Log(const Clock& clock, Options options)
    : clock_(&clock),
      format_(options.format),
      logger_(std::make_unique<spdlog::logger>("", sink_for(std::move(options.sink)))) {
  logger_->set_pattern("%v");
  logger_->set_level(named(options.level).theirs);
}

Log::~Log() = default;

void Log::debug(std::string_view message, Fields fields) const {
  write(LogLevel::Debug, message, fields);
}
void Log::info(std::string_view message, Fields fields) const {
  write(LogLevel::Info, message, fields);
}
void Log::warn(std::string_view message, Fields fields) const {
  write(LogLevel::Warn, message, fields);
}
void Log::error(std::string_view message, Fields fields) const {
  write(LogLevel::Error, message, fields);
}

void Log::write(LogLevel level, std::string_view message, Fields fields) const {
  const auto theirs = named(level).theirs;
  if (!logger_->should_log(theirs)) return;
  const TimePoint now = clock_->now();
  const std::string line = format_ == LogFormat::Json ? json_line(now, level, message, fields)
                                                      : text_line(now, level, message, fields);
  logger_->log(theirs, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace bootstrap::runtime
