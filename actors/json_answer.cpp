#include "actors/json_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace holystone::actors {

void answer(const exchange_ptr& to, int status,
            const boost::json::value& body) {
  metrics::http_response response;
  response.status = status;
  response.content_type = "application/json";
  if (status == 401)
    response.headers.add("WWW-Authenticate", "Bearer");
  if (status == 503)
    response.headers.add("Retry-After", "1");
  response.body = boost::json::serialize(body) + "\n";
  to->respond(std::move(response));
}

void refuse(const exchange_ptr& to, int status, std::string_view why) {
  answer(to, status, boost::json::object{{"error", why}});
}

} // namespace holystone::actors
