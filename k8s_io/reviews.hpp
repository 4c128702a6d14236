#pragma once

// Asking the API server who somebody is and what he may do: TokenReview and
// SubjectAccessReview. Nothing is decided here. Called by the doorkeeper, for
// visitors who do not come over loopback.

#include "k8s_io/requests.hpp"
#include "scheduler/result.hpp"
#include "scheduler/secret_bytes.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace holystone::k8s_io {

/// A user as a TokenReview tells him: `username`, `uid`, `groups`, `extra`.
using reviewed_user = boost::json::object;

/// Whose token is that?
request review_token(const secret_bytes& token);

/// The user; nothing when the token is nobody's. An error when the server did
/// not say.
result<std::optional<reviewed_user>> read_token_review(const request& asked,
                                                       const response& answer);

/// May the user read `path`, which is no resource of the API server?
request review_access(const reviewed_user& user, std::string_view path);

/// Whether he may; an error when the server did not say.
result<bool> read_access_review(const request& asked, const response& answer);

} // namespace holystone::k8s_io
