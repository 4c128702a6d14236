#include "simulator/bodies.hpp"
#include "simulator/managed_fields.hpp"

#include "k8s_io/base64.hpp"

#include <fmt/format.h>

#include <charconv>

// Reads the protobuf that clients made from Go types send for built-in kinds
// (kubectl's `create job --from` does). The schema's field numbers say what
// is what; the result is the JSON that the same client would have sent.

namespace holystone::simulator {

namespace json = boost::json;

namespace {

using shape = schema_node::shape;

// Thrown and caught in this file only: a broken message has no partial value.
struct broken {};

class reader {
public:
  explicit reader(std::string_view bytes) : bytes_(bytes) {
    // nop
  }

  bool done() const {
    return bytes_.empty();
  }

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty())
        throw broken{};
      auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0)
        return out;
    }
    throw broken{};
  }

  std::string_view block(std::size_t length) {
    if (length > bytes_.size())
      throw broken{};
    auto out = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return out;
  }

private:
  std::string_view bytes_;
};

// One field on the wire: a number, or bytes.
struct wire_field {
  std::uint64_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

wire_field next_field(reader& from) {
  wire_field out;
  auto tag = from.varint();
  out.number = tag >> 3U;
  switch (tag & 7U) {
    case 0:
      out.value = from.varint();
      break;
    case 1:
      out.bytes = from.block(8);
      break;
    case 2:
      out.bytes = from.block(from.varint());
      break;
    case 5:
      out.bytes = from.block(4);
      break;
    default:
      throw broken{};
  }
  return out;
}

json::object read_message(std::string_view bytes, const schema_node& schema);

// `{type = 1, intVal = 2, strVal = 3}`.
json::value read_int_or_string(std::string_view bytes) {
  reader from{bytes};
  bool is_text = false;
  std::int64_t number = 0;
  std::string text;
  while (!from.done()) {
    auto field = next_field(from);
    if (field.number == 1)
      is_text = field.value == 1;
    if (field.number == 2)
      number = static_cast<std::int64_t>(field.value);
    if (field.number == 3)
      text = field.bytes;
  }
  return is_text ? json::value(text) : json::value(number);
}

// `{seconds = 1, nanos = 2}`; absent fields are the zero time.
json::value read_time(std::string_view bytes, bool micro) {
  reader from{bytes};
  std::int64_t whole = 0;
  std::int64_t nanos = 0;
  if (from.done())
    return nullptr;
  while (!from.done()) {
    auto field = next_field(from);
    if (field.number == 1)
      whole = static_cast<std::int64_t>(field.value);
    if (field.number == 2)
      nanos = static_cast<std::int64_t>(field.value);
  }
  auto out = to_rfc3339(instant{seconds{whole}});
  if (micro)
    out.insert(out.size() - 1, fmt::format(".{:06d}", nanos / 1000));
  return json::value(out);
}

// Quantity is `{string = 1}`, FieldsV1 `{Raw = 1}`.
std::string_view only_field(std::string_view bytes) {
  reader from{bytes};
  std::string_view out;
  while (!from.done())
    if (auto field = next_field(from); field.number == 1)
      out = field.bytes;
  return out;
}

json::value read_value(const wire_field& field, const schema_node& schema) {
  switch (schema.what) {
    case shape::integer:
      return json::value(static_cast<std::int64_t>(field.value));
    case shape::boolean:
      return json::value(field.value != 0);
    case shape::bytes:
      return json::value(k8s_io::to_base64(field.bytes));
    case shape::quantity:
      return json::value(only_field(field.bytes));
    case shape::int_or_string:
      return read_int_or_string(field.bytes);
    case shape::time:
      return read_time(field.bytes, false);
    case shape::micro_time:
      return read_time(field.bytes, true);
    case shape::object:
      return read_message(field.bytes, schema);
    case shape::any: {
      boost::system::error_code failed;
      auto raw = json::parse(only_field(field.bytes), failed);
      return failed ? json::value{} : raw;
    }
    default:
      return json::value(field.bytes);
  }
}

void read_entry(std::string_view bytes, const schema_node& element,
                json::object& into) {
  reader from{bytes};
  std::string key;
  json::value value
      = element.what == shape::string || element.what == shape::bytes
            ? json::value("")
            : json::value{};
  while (!from.done()) {
    auto field = next_field(from);
    if (field.number == 1)
      key = field.bytes;
    if (field.number == 2)
      value = read_value(field, element);
  }
  into[key] = std::move(value);
}

// Go's encoder writes fields that are not pointers even when they are empty;
// JSON leaves those out.
bool is_nothing(const json::value& value) {
  if (auto text = value.if_string())
    return text->empty();
  if (auto object = value.if_object())
    return object->empty();
  return value.is_null();
}

// Numbers and flags that are not pointers in Go.
bool leaves_out_zero(const schema_node& schema, std::string_view name) {
  static constexpr std::string_view plain[] = {"generation",
                                               "hostPort",
                                               "readOnly",
                                               "stdin",
                                               "stdinOnce",
                                               "tty",
                                               "hostNetwork",
                                               "hostPID",
                                               "hostIPC",
                                               "active",
                                               "succeeded",
                                               "failed",
                                               "count",
                                               "initialDelaySeconds",
                                               "observedGeneration"};
  if (schema.what != shape::integer && schema.what != shape::boolean)
    return false;
  for (auto each : plain)
    if (each == name)
      return true;
  return false;
}

bool is_zero(const json::value& value) {
  return value == json::value(std::int64_t{0}) || value == json::value(false);
}

// Empty structs that mean something by being there.
bool counts_when_empty(const schema_node& schema, std::string_view name) {
  return schema.what == shape::object && name != "metadata" && name != "status"
         && name != "resources" && name != "strategy";
}

void store_field(json::object& out, std::string_view name,
                 const wire_field& field, const schema_node& schema) {
  if (schema.what == shape::list) {
    auto& list = out[name];
    if (!list.is_array())
      list.emplace_array();
    list.as_array().push_back(read_value(field, *schema.element));
    return;
  }
  if (schema.what == shape::map) {
    auto& map = out[name];
    if (!map.is_object())
      map.emplace_object();
    read_entry(field.bytes, *schema.element, map.as_object());
    return;
  }
  auto value = read_value(field, schema);
  if (is_nothing(value) && !counts_when_empty(schema, name))
    return;
  if (leaves_out_zero(schema, name) && is_zero(value))
    return;
  out[name] = std::move(value);
}

json::object read_message(std::string_view bytes, const schema_node& schema) {
  json::object out;
  reader from{bytes};
  while (!from.done()) {
    auto field = next_field(from);
    for (auto& [name, each] : schema.fields) {
      if (static_cast<std::uint64_t>(each.number) != field.number
          || each.number == 0)
        continue;
      if (!each.embedded) {
        store_field(out, name, field, *each.node);
        continue;
      }
      auto inner = read_message(field.bytes, *each.node);
      for (auto& member : inner)
        out[member.key()] = member.value();
    }
  }
  return out;
}

// runtime.Unknown: type meta = 1 {apiVersion = 1, kind = 2}, raw = 2.
answer<json::value> read_unknown(std::string_view bytes) {
  reader from{bytes};
  std::string version;
  std::string kind;
  std::string_view raw;
  while (!from.done()) {
    auto field = next_field(from);
    if (field.number == 2)
      raw = field.bytes;
    if (field.number != 1)
      continue;
    reader meta{field.bytes};
    while (!meta.done()) {
      auto part = next_field(meta);
      (part.number == 1 ? version : kind) = part.bytes;
    }
  }
  auto schema = built_in_schema(kind);
  if (schema == nullptr)
    return not_modelled(
        fmt::format("the protobuf encoding of {} {}", version, kind));
  auto object = read_message(raw, *schema);
  object["apiVersion"] = version;
  object["kind"] = kind;
  return json::value(std::move(object));
}

} // namespace

answer<json::value> decode_protobuf(std::string_view body) {
  constexpr std::string_view magic{"k8s\0", 4};
  if (!body.starts_with(magic))
    return bad_request("the body of the request is no Kubernetes protobuf: "
                       "its first bytes are not k8s");
  try {
    return read_unknown(body.substr(magic.size()));
  } catch (const broken&) {
    return bad_request("the protobuf body of the request is cut or broken");
  }
}

} // namespace holystone::simulator
