#include "scheduler/kopia_backends.hpp"

#include "scheduler/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holystone::scheduler {

namespace {

constexpr int https_port = 443;
constexpr int http_port = 80;

/// What a URL of the form scheme://bucket/prefix gives; `key` is set when a
/// key of its own names the bucket.
struct bucket_and_prefix {
  std::string bucket;
  std::string prefix;
};

/// `own` holds what the backend's own key says. The fork used such a bucket
/// without a prefix except for S3, and that is where the data lies.
result<bucket_and_prefix> find_bucket(std::string_view own,
                                      const kopia_url* url, bool url_prefix) {
  bucket_and_prefix out;
  out.bucket = own;
  if (url == nullptr)
    return out;
  if (own.empty())
    out.bucket = url->host;
  if (own.empty() || url_prefix) {
    auto prefix = parse_prefix("KOPIA_REPOSITORY", url->path);
    if (!prefix)
      return prefix.why();
    out.prefix = *prefix;
  }
  return out;
}

/// Not quoted: what was meant to be a name may be a token.
error no_name(std::string_view key, std::string_view what,
              std::string_view rule) {
  return {fmt::format("key {}: it names no {}; that is {}", key, what, rule)};
}

bool is_bucket_name(std::string_view name) {
  return is_plain_name(name, ".-", 63)
         && name.find("..") == std::string_view::npos;
}

/// Ceph writes a bucket of another tenant as `tenant:bucket`.
bool is_s3_bucket(std::string_view name) {
  const auto colon = name.find(':');
  return is_bucket_name(
      colon == std::string_view::npos ? name : name.substr(colon + 1));
}

struct s3_endpoint {
  server_address address;
  bool tls = true;
  std::optional<aws_host> aws;
};

result<s3_endpoint> find_s3_endpoint(const backend_input& input) {
  constexpr std::string_view key = "KOPIA_S3_ENDPOINT or AWS_S3_ENDPOINT";
  s3_endpoint out;
  auto text = input.text({"KOPIA_S3_ENDPOINT", "AWS_S3_ENDPOINT"});
  if (text.empty())
    text = "s3.amazonaws.com";
  const auto plain = input.flag({"KOPIA_S3_DISABLE_TLS", "AWS_S3_DISABLE_TLS"});
  if (!plain)
    return plain.why();
  const auto url = split_url(text);
  if (url) {
    if (url->scheme != "http" && url->scheme != "https")
      return error{
          fmt::format("key {}: the scheme must be http or https", key)};
    if (url->path.find_first_not_of('/') != std::string::npos
        || !url->user.empty())
      return error{fmt::format("key {}: write host or host:port only", key)};
    text = url->host;
  } else if (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  out.tls = !*plain && (!url || url->scheme == "https");
  auto address
      = parse_address(key, text, out.tls ? https_port : http_port, input.ns());
  if (!address)
    return address.why();
  out.address = *address;
  out.aws = recognise_aws(out.address.host);
  return out;
}

/// Where the data is, whatever names lead there.
result<location> s3_location(const s3_endpoint& endpoint,
                             const bucket_and_prefix& in,
                             std::string_view region) {
  const std::map<std::string, std::string> object{{"bucket", in.bucket},
                                                  {"prefix", in.prefix}};
  location where{"s3", object};
  const auto& host = endpoint.address.identity;
  if (endpoint.aws) {
    const auto& aws = *endpoint.aws;
    if (!aws.bucket.empty() && aws.bucket != in.bucket)
      return error{fmt::format("key KOPIA_S3_ENDPOINT: {} names bucket {}, the "
                               "repository's bucket is {}",
                               host, aws.bucket, in.bucket)};
    const bool china = aws.partition == "aws-cn" || region.starts_with("cn-");
    where.parts["partition"] = china                           ? "aws-cn"
                               : region.starts_with("us-gov-") ? "aws-us-gov"
                                                               : aws.partition;
  } else if (host == "storage.googleapis.com") {
    where.backend = "gcs";
  } else if (host.starts_with("s3.") && host.ends_with(".backblazeb2.com")) {
    where.backend = "b2";
  } else {
    where.parts["endpoint"] = endpoint.address.endpoint();
  }
  return where;
}

result<backend_choice> credentials_of(const backend_input& input,
                                      const s3_endpoint& endpoint,
                                      backend_choice choice,
                                      json_object options) {
  const auto id = input.text({"AWS_ACCESS_KEY_ID"});
  const auto secret = input.text({"AWS_SECRET_ACCESS_KEY"});
  // On Amazon the pod's role may stand in for keys (IRSA, instance profile).
  const bool role = endpoint.aws && id.empty() && secret.empty();
  if (id.empty() && !role)
    return missing_key("AWS_ACCESS_KEY_ID", "the S3 access key");
  if (secret.empty() && !role)
    return missing_key("AWS_SECRET_ACCESS_KEY", "the S3 secret key");
  options.text("accessKeyID", id)
      .text("secretAccessKey", secret)
      .text("sessionToken", input.text({"AWS_SESSION_TOKEN"}));
  choice.options = secret_bytes{options.str()};
  return choice;
}

} // namespace

result<backend_choice> use_s3(const backend_input& input) {
  const auto found
      = find_bucket(input.text({"KOPIA_S3_BUCKET"}), input.url_of("s3"), true);
  if (!found)
    return found.why();
  if (found->bucket.empty())
    return missing_key("KOPIA_REPOSITORY",
                       "s3://bucket/prefix, its bucket is empty");
  if (!is_s3_bucket(found->bucket))
    return no_name(input.url_of("s3") ? "KOPIA_REPOSITORY" : "KOPIA_S3_BUCKET",
                   "bucket", "3 to 63 of a-z, 0-9, '.' and '-'");
  const auto endpoint = find_s3_endpoint(input);
  if (!endpoint)
    return endpoint.why();
  const auto region
      = input.text({"AWS_REGION", "AWS_DEFAULT_REGION", "KOPIA_S3_REGION"});
  auto where = s3_location(*endpoint, *found, region);
  if (!where)
    return where.why();
  auto dialled = endpoint->address;
  if (endpoint->aws)
    dialled.host = endpoint->aws->host;
  json_object options;
  options.text("bucket", found->bucket)
      .text("prefix", found->prefix)
      .text("endpoint", dialled.dial(endpoint->tls ? https_port : http_port))
      .flag("doNotUseTLS", !endpoint->tls)
      .text("region", region);
  return credentials_of(input, *endpoint, {*where, "s3", {}, {}},
                        std::move(options));
}

result<backend_choice> use_azure(const backend_input& input) {
  const auto found = find_bucket(input.text({"KOPIA_AZURE_CONTAINER"}),
                                 input.url_of("azure"), false);
  if (!found)
    return found.why();
  if (found->bucket.empty())
    return missing_key("KOPIA_AZURE_CONTAINER", "the container's name");
  const auto account
      = lower_case(input.text({"KOPIA_AZURE_STORAGE_ACCOUNT",
                               "AZURE_STORAGE_ACCOUNT", "AZURE_ACCOUNT_NAME"}));
  if (account.empty())
    return missing_key("AZURE_STORAGE_ACCOUNT or KOPIA_AZURE_STORAGE_ACCOUNT",
                       "a container name means nothing without its account");
  const auto container = lower_case(found->bucket);
  if (!is_plain_name(container, "-", 63) && container != "$root")
    return no_name("KOPIA_REPOSITORY or KOPIA_AZURE_CONTAINER", "container",
                   "3 to 63 of a-z, 0-9 and '-'");
  if (!is_plain_name(account, "-", 24))
    return no_name("AZURE_STORAGE_ACCOUNT", "account",
                   "3 to 24 of a-z and 0-9");
  const auto key = input.text(
      {"KOPIA_AZURE_STORAGE_KEY", "AZURE_STORAGE_KEY", "AZURE_ACCOUNT_KEY"});
  const auto sas = input.text({"AZURE_STORAGE_SAS_TOKEN", "AZURE_ACCOUNT_SAS"});
  const auto client = input.text({"AZURE_CLIENT_ID"});
  if (key.empty() && sas.empty() && client.empty())
    return missing_key("AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN",
                       "the account's key");
  if (!client.empty() && input.text({"AZURE_TENANT_ID"}).empty())
    return missing_key("AZURE_TENANT_ID", "the tenant of AZURE_CLIENT_ID");
  auto domain = lower_case(input.text({"AZURE_STORAGE_DOMAIN"}));
  const auto suffix = lower_case(input.text({"AZURE_ENDPOINT_SUFFIX"}));
  if (domain.empty())
    domain = "blob." + (suffix.empty() ? "core.windows.net" : suffix);
  if (!is_plain_name(domain, ".-:", 253))
    return no_name("AZURE_STORAGE_DOMAIN or AZURE_ENDPOINT_SUFFIX", "domain",
                   "a host name");
  json_object options;
  options.text("container", found->bucket)
      .text("prefix", found->prefix)
      .text("storageAccount", account)
      .text("storageKey", key)
      .text("sasToken", sas.starts_with('?') ? sas.substr(1) : sas)
      .text("TenantID", input.text({"AZURE_TENANT_ID"}))
      .text("ClientID", client)
      .text("ClientSecret", input.text({"AZURE_CLIENT_SECRET"}))
      .text("storageDomain", domain);
  location where{"azure",
                 {{"account", account},
                  {"container", container},
                  {"domain", domain},
                  {"prefix", found->prefix}}};
  return backend_choice{
      std::move(where), "azureBlob", secret_bytes{options.str()}, {}};
}

result<backend_choice> use_gcs(const backend_input& input) {
  const auto* url
      = input.url_of("gcs") ? input.url_of("gcs") : input.url_of("gs");
  auto own = input.text({"KOPIA_GCS_BUCKET"});
  if (own.empty() && url == nullptr)
    own = input.text({"GCS_BUCKET"});
  const auto found = find_bucket(own, url, false);
  if (!found)
    return found.why();
  if (found->bucket.empty())
    return missing_key("KOPIA_GCS_BUCKET", "the bucket's name");
  if (!is_plain_name(found->bucket, "._-", 222))
    return no_name("KOPIA_REPOSITORY or KOPIA_GCS_BUCKET", "bucket",
                   "3 to 222 of a-z, 0-9, '.', '_' and '-'");
  const auto key = input.text({"GOOGLE_APPLICATION_CREDENTIALS"});
  if (!key.empty() && key.front() != '{')
    return error{"key GOOGLE_APPLICATION_CREDENTIALS: it must hold the service "
                 "account's JSON itself, not a path"};
  backend_choice choice;
  choice.where
      = {"gcs", {{"bucket", found->bucket}, {"prefix", found->prefix}}};
  choice.storage_type = "gcs";
  json_object options;
  options.text("bucket", found->bucket).text("prefix", found->prefix);
  if (!key.empty()) {
    options.text("credentialsFile", input.file("gcs.json"));
    choice.files["gcs.json"] = secret_bytes{std::string{key}};
  }
  choice.options = secret_bytes{options.str()};
  return choice;
}

result<backend_choice> use_b2(const backend_input& input) {
  const auto found
      = find_bucket(input.text({"KOPIA_B2_BUCKET"}), input.url_of("b2"), false);
  if (!found)
    return found.why();
  if (found->bucket.empty())
    return missing_key("KOPIA_B2_BUCKET", "the bucket's name");
  const auto bucket = lower_case(found->bucket);
  if (!is_plain_name(bucket, ".-", 63))
    return no_name("KOPIA_REPOSITORY or KOPIA_B2_BUCKET", "bucket",
                   "3 to 63 letters, digits, '.' and '-'");
  const auto id = input.text({"B2_ACCOUNT_ID", "B2_KEY_ID"});
  if (id.empty())
    return missing_key("B2_ACCOUNT_ID", "the application key's id");
  const auto key = input.text({"B2_APPLICATION_KEY", "B2_KEY"});
  if (key.empty())
    return missing_key("B2_APPLICATION_KEY", "the application key");
  json_object options;
  options.text("bucket", found->bucket)
      .text("prefix", found->prefix)
      .text("keyID", id)
      .text("key", key);
  // Names of B2 buckets are unique without regard to case.
  location where{"b2", {{"bucket", bucket}, {"prefix", found->prefix}}};
  return backend_choice{
      std::move(where), "b2", secret_bytes{options.str()}, {}};
}

} // namespace holystone::scheduler
