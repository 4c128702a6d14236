#include "test/simulator/test_cluster.hpp"

using namespace holystone::simulator;
namespace json = boost::json;

TEST_CASE("a Job gets the defaults, labels and selector of the real server") {
  test_cluster c;
  auto made = c.post(jobs, job_text("j"));
  REQUIRE(made.status == 201);
  auto expected = json::parse(R"({"parallelism":1,"completions":1,
    "backoffLimit":6,"completionMode":"NonIndexed","suspend":true,
    "manualSelector":false,"podReplacementPolicy":"TerminatingOrFailed",
    "selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"UID"}},
    "template":{"metadata":{"labels":{
      "batch.kubernetes.io/controller-uid":"UID",
      "batch.kubernetes.io/job-name":"j","controller-uid":"UID",
      "job-name":"j"}},
      "spec":{"containers":[{"name":"c","image":"i:1","resources":{},
        "terminationMessagePath":"/dev/termination-log",
        "terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
        "restartPolicy":"Never","terminationGracePeriodSeconds":30,
        "dnsPolicy":"ClusterFirst","securityContext":{},
        "schedulerName":"default-scheduler"}}})");
  auto text = json::serialize(made.body.at("spec"));
  for (auto at = text.find(made.uid()); at != std::string::npos;
       at = text.find(made.uid()))
    text.replace(at, made.uid().size(), "UID");
  CHECK(json::parse(text) == expected);
  CHECK(made.text({"metadata", "generation"}) == "1");
  CHECK(made.body.at("status") == json::object{});
}

TEST_CASE("a CronJob gets its defaults, its Job template only the pod's") {
  test_cluster c;
  auto made = c.post(cron_jobs, cron_job_text("c", "0 2 * * *"));
  REQUIRE(made.status == 201);
  auto& spec = made.body.at("spec").as_object();
  CHECK(spec.at("concurrencyPolicy") == "Allow");
  CHECK(spec.at("suspend") == false);
  CHECK(spec.at("successfulJobsHistoryLimit") == 3);
  CHECK(spec.at("failedJobsHistoryLimit") == 1);
  auto& job = spec.at("jobTemplate").at("spec").as_object();
  CHECK_FALSE(job.contains("backoffLimit"));
  CHECK(job.at("template").at("spec").at("dnsPolicy") == "ClusterFirst");
}

TEST_CASE("a CronJob's fields are validated") {
  test_cluster c;
  struct row {
    std::string body;
    std::string field;
  };
  for (auto& each : std::vector<row>{
           {cron_job_text(std::string(53, 'x'), "0 2 * * *"), "metadata.name"},
           {cron_job_text("c", "61 * * * *"), "spec.schedule"},
           {cron_job_text("c", "TZ=UTC 0 2 * * *"), "spec.schedule"},
           {cron_job_text("c", "CRON_TZ=UTC 0 2 * * *"), "spec.schedule"},
           {cron_job_text("c", ""), "spec.schedule"},
           {cron_job_text("c", "0 2 * * *", R"(,"timeZone":"No/Zone")"),
            "spec.timeZone"},
           {cron_job_text("c", "0 2 * * *", R"(,"timeZone":"Local")"),
            "spec.timeZone"},
           {cron_job_text("c", "0 2 * * *", R"(,"timeZone":"")"),
            "spec.timeZone"},
           {cron_job_text("c", "0 2 * * *", R"(,"concurrencyPolicy":"No")"),
            "spec.concurrencyPolicy"},
           {cron_job_text("c", "0 2 * * *",
                          R"(,"successfulJobsHistoryLimit":-1)"),
            "spec.successfulJobsHistoryLimit"},
           {cron_job_text("c", "0 2 * * *", R"(,"startingDeadlineSeconds":-1)"),
            "spec.startingDeadlineSeconds"},
       }) {
    auto got = c.post(cron_jobs, each.body);
    INFO(each.body << " -> " << json::serialize(got.body));
    REQUIRE(got.status == 422);
    CHECK(holystone::k8s_io::text_at(got.body.at("details").at("causes").at(0),
                                     "field")
          == each.field);
  }
  CHECK(c.post(cron_jobs, cron_job_text(std::string(52, 'x'), "0 2 * * *",
                                        R"(,"timeZone":"Europe/Berlin")"))
            .status
        == 201);
}

TEST_CASE("a Job's pods may not restart always, and need containers") {
  test_cluster c;
  auto always = c.post(jobs, R"({"metadata":{"name":"j"},"spec":{"template":
    {"spec":{"containers":[{"name":"c","image":"i"}]}}}})");
  CHECK(always.status == 422);
  CHECK(always.message().find("restartPolicy") != std::string::npos);
  CHECK(c.post(jobs, R"({"metadata":{"name":"j"},"spec":{"template":{"spec":
    {"restartPolicy":"Never","containers":[]}}}})")
            .status
        == 422);
  CHECK(c.post(jobs, R"({"metadata":{"name":"j"},"spec":{
    "podReplacementPolicy":"Sometimes","template":{"spec":{
    "restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}})")
            .status
        == 422);
}

TEST_CASE("requests, limits and their names are validated as pods' are") {
  test_cluster c;
  struct row {
    std::string resources;
    std::string field;
    std::string message;
  };
  const std::vector<row> table{
      {R"("requests":{"memory":"2Gi"},"limits":{"memory":"1Gi"})", ".requests",
       "Invalid value: \"2Gi\": must be less than or equal to memory limit of "
       "1Gi"},
      {R"("requests":{"cpu":"0.6"},"limits":{"cpu":"500m"})", ".requests",
       "Invalid value: \"0.6\": must be less than or equal to cpu limit of "
       "500m"},
      {R"("limits":{"memory":"-1"})", ".limits[memory]",
       "Invalid value: \"-1\": must be greater than or equal to 0"},
      {R"("limits":{"memoy":"1Gi"})", ".limits[memoy]",
       "Invalid value: \"memoy\": must be a standard resource type or fully "
       "qualified"},
      {R"("requests":{"pods":"1"})", ".requests[pods]",
       "Invalid value: \"pods\": must be a standard resource for containers"},
      {R"("limits":{"a.example/gpu":"0.5"})", ".limits[a.example/gpu]",
       "Invalid value: \"0.5\": must be an integer"},
      {R"("requests":{"a.example/gpu":"1"})", ".limits",
       "Required value: Limit must be set for non overcommitable resources"},
      {R"("requests":{"a.example/gpu":"1"},"limits":{"a.example/gpu":"2"})",
       ".requests",
       "Invalid value: \"1\": must be equal to a.example/gpu limit of 2"}};
  const std::string fine
      = R"("requests":{"cpu":"0.5","memory":"512Mi","a.example/gpu":"1"},)"
        R"("limits":{"cpu":"500m","memory":"1Gi","a.example/gpu":1})";
  auto pod = [](const std::string& resources) {
    return R"({"restartPolicy":"Never","containers":[{"name":"c","image":"i",)"
           R"("resources":{)"
           + resources + "}}]}";
  };
  auto job = [&](const std::string& resources) {
    return R"({"template":{"spec":)" + pod(resources) + "}}";
  };
  auto object = [](const std::string& spec) {
    return R"({"metadata":{"name":"x"},"spec":)" + spec + "}";
  };
  auto cron_job = [&](const std::string& resources) {
    return R"({"schedule":"0 2 * * *","jobTemplate":{"spec":)" + job(resources)
           + "}}";
  };
  auto check = [&](const std::string& at, const std::string& path,
                   const std::string& spec, const row& each) {
    auto got = c.post(at, object(spec));
    INFO(json::serialize(got.body));
    REQUIRE(got.status == 422);
    const auto& cause = got.body.at("details").at("causes").at(0);
    CHECK(holystone::k8s_io::text_at(cause, "field")
          == path + "containers[0].resources" + each.field);
    CHECK(holystone::k8s_io::text_at(cause, "message") == each.message);
  };
  for (auto& each : table) {
    check(pods, "spec.", pod(each.resources), each);
    check(jobs, "spec.template.spec.", job(each.resources), each);
    check(cron_jobs, "spec.jobTemplate.spec.template.spec.",
          cron_job(each.resources), each);
  }
  auto malformed = c.post(pods, object(pod(R"("limits":{"cpu":"lots"})")));
  CHECK(malformed.status == 400);
  CHECK(malformed.message().find("quantities must match") != std::string::npos);
  CHECK(c.post(pods, object(pod(fine))).status == 201);
  CHECK(c.post(jobs, object(job(fine))).status == 201);
  CHECK(c.post(cron_jobs, object(cron_job(fine))).status == 201);
}

TEST_CASE("of a waiting Job only these parts of the template change (A-4)") {
  test_cluster c;
  c.post(jobs, job_text("j"));
  auto change = [&](const std::string& pods_patch) {
    return c
        .strategic(jobs + "/j", R"({"spec":{"template":)" + pods_patch + "}}")
        .status;
  };
  CHECK(change(R"({"metadata":{"labels":{"x":"y"}}})") == 200);
  CHECK(change(R"({"metadata":{"annotations":{"x":"y"}}})") == 200);
  CHECK(change(R"({"spec":{"nodeSelector":{"x":"y"}}})") == 200);
  CHECK(change(R"({"spec":{"tolerations":[{"operator":"Exists"}]}})") == 200);
  CHECK(change(R"({"spec":{"containers":[{"name":"c","resources":{"limits":
    {"cpu":"1"}}}]}})")
        == 200);
  CHECK(change(R"({"spec":{"containers":[{"name":"c","image":"other"}]}})")
        == 422);
  CHECK(change(R"({"spec":{"containers":[{"name":"c","env":[{"name":"A",
    "value":"1"}]}]}})")
        == 422);
  // The policy and the suspension can change (A-1).
  CHECK(c.merge(jobs + "/j", R"({"spec":{"suspend":false,
    "podReplacementPolicy":"Failed"}})")
            .status
        == 200);
  CHECK(change(R"({"metadata":{"labels":{"x":"z"}}})") == 422);
  CHECK(c.merge(jobs + "/j", R"({"spec":{"completions":2}})").status == 422);
}

TEST_CASE("before 1.36 a waiting Job's resources can't change, its node can") {
  test_cluster c{{.minor = 35}};
  c.post(jobs, job_text("j"));
  CHECK(c.strategic(jobs + "/j", R"({"spec":{"template":{"spec":{
    "containers":[{"name":"c","resources":{"limits":{"cpu":"1"}}}]}}}})")
            .status
        == 422);
  CHECK(c.strategic(jobs + "/j", R"({"spec":{"template":{"spec":{
    "nodeSelector":{"x":"y"}}}}})")
            .status
        == 200);
}

TEST_CASE("spec writes leave the status alone and status writes the spec") {
  test_cluster c;
  c.post(jobs, job_text("j"));
  auto status = c.merge(jobs + "/j/status", R"({"spec":{"parallelism":7},
    "status":{"active":1}})");
  CHECK(status.text({"status", "active"}) == "1");
  CHECK(status.text({"spec", "parallelism"}) == "1");
  CHECK(status.text({"metadata", "generation"}) == "1");
  auto spec = c.merge(jobs + "/j", R"({"spec":{"parallelism":2},
    "status":{"active":9}})");
  CHECK(spec.text({"status", "active"}) == "1");
  CHECK(spec.text({"spec", "parallelism"}) == "2");
  CHECK(spec.text({"metadata", "generation"}) == "2");
  auto labels = c.merge(jobs + "/j", R"({"metadata":{"labels":{"a":"b"}}})");
  CHECK(labels.text({"metadata", "generation"}) == "2");
}

TEST_CASE("labels and annotations are checked as the real server does") {
  test_cluster c;
  auto with = [&](const std::string& metadata) {
    return c
        .post(config_maps + "?dryRun=All",
              R"({"metadata":{"name":"a",)" + metadata + "}}")
        .status;
  };
  CHECK(with(R"("labels":{"a.b/c-d":"V_a.l"})") == 201);
  CHECK(with(R"("labels":{"a":""})") == 201);
  CHECK(with(R"("labels":{"a":"-x"})") == 422);
  CHECK(with(R"("labels":{"a b":"x"})") == 422);
  CHECK(with(R"("labels":{"/a":"x"})") == 422);
  CHECK(with(R"("labels":{"a":")" + std::string(63, 'x') + "\"}") == 201);
  CHECK(with(R"("labels":{"a":")" + std::string(64, 'x') + "\"}") == 422);
  CHECK(with(R"("annotations":{"a b":"x"})") == 422);
  CHECK(with(R"("annotations":{"a":")" + std::string(262145, 'x') + "\"}")
        == 422);
  CHECK(with(R"("ownerReferences":[{"apiVersion":"v1","kind":"Pod",
    "name":"p"}])")
        == 422);
}

TEST_CASE("a pod's requests follow its limits and admission fills the rest") {
  test_cluster c;
  auto made = c.post(pods, R"({"metadata":{"name":"p"},"spec":{"containers":[
    {"name":"c","image":"i","resources":{"limits":{"cpu":"1"}}}]}})");
  REQUIRE(made.status == 201);
  auto& container = made.body.at("spec").at("containers").at(0);
  CHECK(container.at("resources").at("requests").at("cpu") == "1");
  CHECK(container.at("imagePullPolicy") == "Always");
  CHECK(made.text({"spec", "serviceAccountName"}) == "default");
  CHECK(made.text({"spec", "enableServiceLinks"}) == "true");
  CHECK(made.text({"status", "phase"}) == "Pending");
  CHECK(made.text({"status", "qosClass"}) == "Burstable");
  auto changed = c.merge(pods + "/p", R"({"spec":{"nodeName":"n"}})");
  CHECK(changed.status == 200);
  auto refused = c.merge(pods + "/p", R"({"spec":{"hostNetwork":true}})");
  CHECK(refused.status == 422);
}

TEST_CASE("kubectl's protobuf Job is read like its JSON") {
  test_cluster c;
  // k8s\0, TypeMeta{batch/v1, Job}, Job{metadata{name: j}, spec{suspend,
  // template{spec{containers[{name: c, image: i:1}], restartPolicy}}}}
  auto field = [](int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2)}
           + static_cast<char>(bytes.size()) + bytes;
  };
  auto container = field(1, "c") + field(2, "i:1");
  auto pod_spec = field(2, container) + field(3, "Never");
  auto spec = field(6, field(1, "") + field(2, pod_spec)) + "\x50\x01";
  auto job = field(1, field(1, "j")) + field(2, spec) + field(3, "");
  auto meta = field(1, "batch/v1") + field(2, "Job");
  auto body = std::string("k8s\0", 4) + field(1, meta) + field(2, job);
  auto made = c.send("POST", jobs, body, "application/vnd.kubernetes.protobuf");
  INFO(json::serialize(made.body));
  REQUIRE(made.status == 201);
  CHECK(made.text({"spec", "suspend"}) == "true");
  CHECK(made.body.at("spec")
            .at("template")
            .at("spec")
            .at("containers")
            .at(0)
            .at("image")
        == "i:1");
  auto cut = c.send("POST", jobs, body.substr(0, body.size() - 3),
                    "application/vnd.kubernetes.protobuf");
  CHECK(cut.status == 400);
}

TEST_CASE("a table has the columns that kubectl prints") {
  test_cluster c;
  c.post(cron_jobs,
         cron_job_text("c", "0 2 * * *", R"(,"timeZone":"Europe/Berlin")"));
  c.now += std::chrono::seconds{90};
  auto table = c.send("GET", cron_jobs, "", "",
                      "application/json;as=Table;v=v1;g=meta.k8s.io,"
                      "application/json");
  CHECK(table.text({"kind"}) == "Table");
  CHECK(table.body.at("rows").at(0).at("cells")
        == json::array{"c", "0 2 * * *", "Europe/Berlin", "False", 0U, "<none>",
                       "90s", "c", "i:1", "<none>"});
}
