#include "cli/locate.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "controllers/json_fields.h"

namespace bootstrap::cli {
namespace {

using nlohmann::json;

// What an entry of a list may be called by.
constexpr std::array<const char*, 3> kNameFields{"name", "mountPath", "key"};

// Whether `rest` begins with a whole part of a path.
bool begins_with(std::string_view rest, std::string_view part) {
  if (!rest.starts_with(part)) return false;
  rest.remove_prefix(part.size());
  return rest.empty() || rest.front() == '.' || rest.front() == '[';
}

class Walk {
 public:
  Walk(const Document& document, std::string_view path, Entry entry)
      : value_(&document.value), places_(&document.places), rest_(path), entry_(entry) {
    at_ = places_->at;
  }

  Location run() {
    while (!rest_.empty() && step()) {
    }
    const bool needs_dot =
        !walked_.empty() && !rest_.empty() && rest_.front() != '.' && rest_.front() != '[';
    const std::string tail = (needs_dot ? "." : "") + std::string(rest_);
    return {walked_ + tail, at_, tail.size()};
  }

 private:
  bool step() {
    if (value_->is_array()) return into_list();
    return value_->is_object() && (into_field() || into_labels());
  }

  // By its name, else by its number.
  bool into_list() {
    std::optional<std::size_t> found;
    std::string part;
    const auto look_at = [&](std::size_t index, const std::string& called) {
      const std::string written = fmt::format("[{}]", called);
      if ((found && entry_ != Entry::LastNamed) || !begins_with(rest_, written)) return;
      found = index;
      part = written;
    };
    if (entry_ != Entry::Numbered)
      for (const char* field : kNameFields)
        for (std::size_t i = 0; i < value_->size(); ++i)
          look_at(i, text_field((*value_)[i], field));
    if (!found)
      for (std::size_t i = 0; i < value_->size(); ++i) look_at(i, std::to_string(i));
    if (!found) return false;
    rest_.remove_prefix(part.size());
    enter(fmt::format("[{}]", *found), (*value_)[*found], item(*found));
    return true;
  }

  // Keys may have dots and brackets in them, so the longest one that fits is meant.
  bool into_field() {
    const std::string_view rest = rest_.starts_with('.') ? rest_.substr(1) : rest_;
    const json* found = nullptr;
    std::string longest;
    for (const auto& [key, value] : value_->items())
      if (begins_with(rest, key) && (found == nullptr || key.size() > longest.size())) {
        found = &value;
        longest = key;
      }
    if (found == nullptr) return false;
    rest_ = rest.substr(longest.size());
    enter((walked_.empty() ? "" : ".") + longest, *found, field(longest));
    return true;
  }

  // The domain reads both forms of a selector as one: "labelSelector[app]".
  bool into_labels() {
    if (!rest_.starts_with('[')) return false;
    const auto labels = value_->find("matchLabels");
    if (labels != value_->end() && labels->is_object())
      for (const auto& [key, value] : labels->items())
        if (const std::string part = fmt::format("[{}]", key); begins_with(rest_, part)) {
          rest_.remove_prefix(part.size());
          enter(".matchLabels", *labels, field("matchLabels"));
          enter("." + key, value, field(key));
          return true;
        }
    const auto expressions = value_->find("matchExpressions");
    if (expressions == value_->end() || !expressions->is_array()) return false;
    enter(".matchExpressions", *expressions, field("matchExpressions"));
    return into_list();
  }

  const Places* field(std::string_view key) const {
    if (places_ == nullptr) return nullptr;
    const auto found = places_->fields.find(key);
    return found == places_->fields.end() ? nullptr : &found->second;
  }

  const Places* item(std::size_t index) const {
    return places_ != nullptr && index < places_->items.size() ? &places_->items[index] : nullptr;
  }

  void enter(const std::string& part, const json& value, const Places* places) {
    walked_ += part;
    value_ = &value;
    places_ = places;
    if (places != nullptr) at_ = places->at;
  }

  const json* value_;
  const Places* places_;  // null: not known, as of JSON that was read without them
  std::string_view rest_;
  Entry entry_;
  std::string walked_;
  Place at_;
};

}  // namespace

Location locate(const Document& document, std::string_view path, Entry entry) {
  return Walk(document, path, entry).run();
}

}  // namespace bootstrap::cli
