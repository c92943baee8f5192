#include "controllers/projection.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bootstrap {

using nlohmann::json;

namespace {

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size())
      out.back().push_back(path[++i]);
    else if (path[i] == '.')
      out.emplace_back();
    else
      out.back().push_back(path[i]);
  }
  return out;
}

}  // namespace

FieldFilter::FieldFilter() : nodes_(1) {}

FieldFilter::FieldFilter(std::initializer_list<std::string_view> keep,
                         std::initializer_list<std::string_view> drop)
    : FieldFilter(std::span(keep.begin(), keep.size()), std::span(drop.begin(), drop.size())) {}

FieldFilter::FieldFilter(std::span<const std::string_view> keep,
                         std::span<const std::string_view> drop)
    : FieldFilter() {
  for (const std::string_view path : keep) add(path, Rule::Keep);
  for (const std::string_view path : drop) add(path, Rule::Drop);
}

FieldFilter FieldFilter::everything() {
  FieldFilter all;
  all.nodes_[0].rule = Rule::Keep;
  return all;
}

FieldFilter FieldFilter::everything_but(std::span<const std::string_view> drop) {
  FieldFilter most({}, drop);
  most.nodes_[0].rule = Rule::Keep;
  return most;
}

FieldFilter FieldFilter::below(std::string_view path) const {
  FieldFilter out;
  std::size_t at = 0;
  for (std::string& key : segments(path)) at = out.child(at, std::move(key));
  out.merge(at, *this, 0);
  return out;
}

FieldFilter FieldFilter::with(const FieldFilter& other) const {
  FieldFilter out = *this;
  out.merge(0, other, 0);
  return out;
}

void FieldFilter::add(std::string_view path, Rule rule) {
  std::size_t at = 0;
  for (std::string& key : segments(path)) at = child(at, std::move(key));
  nodes_[at].rule = rule;
}

std::size_t FieldFilter::child(std::size_t parent, std::string key) {
  for (const auto& [name, index] : nodes_[parent].children)
    if (name == key) return index;
  nodes_.emplace_back();
  nodes_[parent].children.emplace_back(std::move(key), nodes_.size() - 1);
  return nodes_.size() - 1;
}

void FieldFilter::merge(std::size_t into, const FieldFilter& other, std::size_t from) {
  if (const Rule theirs = other.nodes_[from].rule; theirs == Rule::Keep)
    nodes_[into].rule = Rule::Keep;
  else if (theirs == Rule::Descend && nodes_[into].rule == Rule::Drop)
    nodes_[into].rule = Rule::Descend;
  for (const auto& [key, index] : other.nodes_[from].children) {
    const std::size_t known = nodes_.size();
    const std::size_t mine = child(into, key);
    if (mine == known) nodes_[mine].rule = other.nodes_[index].rule;
    merge(mine, other, index);
  }
}

// Receives the parser's events and builds what the filter keeps. Not in an anonymous namespace
// because FieldFilter names it as its friend.
class KeptBuilder {
 public:
  explicit KeptBuilder(const FieldFilter& filter) : nodes_(filter.nodes_) {}

  json take() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() { return value(nullptr); }
  bool boolean(bool yes) { return value(yes); }
  bool number_integer(std::int64_t number) { return value(number); }
  bool number_unsigned(std::uint64_t number) { return value(number); }
  bool number_float(double number, const std::string&) { return value(number); }
  bool string(std::string& text) {
    if (const auto place = wanted(); place && place->keep) insert(json(std::move(text)));
    return true;
  }
  bool binary(json::binary_t&) { return true; }  // does not occur in text

  bool start_object(std::size_t) { return open(json::value_t::object); }
  bool start_array(std::size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (skipping_ > 0) return true;
    key_place_ = below(open_.back().place, name);
    if (key_place_) key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& what) {
    // Without the parser's own text: it quotes what it read, which may be a secret.
    constexpr int kOutOfRange = 406;
    error_ =
        fmt::format("{} at byte {}",
                    what.id == kOutOfRange ? "number out of range" : "malformed JSON", position);
    return false;
  }

 private:
  // Where we are in the filter. Without a node everything below is kept.
  struct Place {
    const FieldFilter::Node* node;
    bool keep;
  };
  struct Open {
    json* value;
    Place place;
  };

  std::optional<Place> below(const Place& place, const std::string& key) const {
    if (place.node == nullptr) return place;
    for (const auto& [name, index] : place.node->children) {
      if (name != key) continue;
      const FieldFilter::Node& node = nodes_[index];
      if (node.rule == FieldFilter::Rule::Drop) return std::nullopt;
      return at(node, place.keep || node.rule == FieldFilter::Rule::Keep);
    }
    if (place.keep) return Place{nullptr, true};
    return std::nullopt;
  }

  static Place at(const FieldFilter::Node& node, bool keep) {
    return keep && node.children.empty() ? Place{nullptr, true} : Place{&node, keep};
  }

  // The place of the value that comes now; none: it is skipped.
  std::optional<Place> wanted() const {
    if (skipping_ > 0) return std::nullopt;
    if (open_.empty()) return at(nodes_[0], nodes_[0].rule == FieldFilter::Rule::Keep);
    return open_.back().value->is_array() ? open_.back().place : key_place_;
  }

  template <class T>
  bool value(T plain) {
    if (const auto place = wanted(); place && place->keep) insert(json(plain));
    return true;
  }

  json& insert(json what) {
    if (open_.empty()) return root_ = std::move(what);
    json& parent = *open_.back().value;
    if (!parent.is_array()) return parent[key_] = std::move(what);
    parent.push_back(std::move(what));
    return parent.back();
  }

  bool open(json::value_t type) {
    const auto place = wanted();
    if (!place) {
      ++skipping_;
      return true;
    }
    if (open_.size() == kMaxKeptDepth) {
      error_ = fmt::format("nested deeper than {}", kMaxKeptDepth);
      return false;
    }
    json& inserted = insert(json(type));
    open_.push_back({&inserted, *place});
    return true;
  }

  bool close() {
    if (skipping_ > 0)
      --skipping_;
    else
      open_.pop_back();
    return true;
  }

  const std::vector<FieldFilter::Node>& nodes_;
  json root_;
  std::vector<Open> open_;
  std::size_t skipping_ = 0;  // levels below the first value that is not kept
  std::string key_;
  std::optional<Place> key_place_;
  std::string error_;
};

tl::expected<json, std::string> parse_kept(std::string_view text, const FieldFilter& filter) {
  KeptBuilder builder(filter);
  if (!json::sax_parse(text.begin(), text.end(), &builder))
    return tl::make_unexpected(builder.error());
  return builder.take();
}

}  // namespace bootstrap
