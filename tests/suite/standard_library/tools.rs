//! `std.docker`, `std.compose` and `std.kubernetes`: programs that stand for the
//! real ones write down how they were called, and remember what they were told.

use super::place::Place;

#[test]
fn containers_of_a_swarm_have_their_image_back() {
    let place = Place::new();
    place.write("image", "shop:1");
    place.stub(
        "docker",
        r#"
case "$*" in
  *.State.Running*gone) exit 1 ;;
  *.State.Running*) echo true ;;
  *.State.Health*sick) echo unhealthy ;;
  *.State.Health*) echo healthy ;;
  "service inspect"*) cat image ;;
  "service update"*) for word; do last=$word; [ "${flag-0}" = 0 ] || echo "$word" >image; flag=0; [ "$word" != --image ] || flag=1; done ;;
  "pull "*) ;;
  *) exit 9 ;;
esac"#,
    );
    place.passes(
        "docker",
        &["docker.running(\"shop\")", "docker.healthy(\"shop\")"],
    );
    place.refuses(
        "docker",
        &["docker.running(\"gone\")", "docker.healthy(\"sick\")"],
    );
    place.goes_back(
        "docker",
        r#"
step fetch = docker.pull("shop:2")
step change = docker.service_image("shop", image: "shop:2")
check changed $ test "$(cat image)" = shop:2
"#,
    );
    assert_eq!(place.read("image").trim(), "shop:1");
    let calls = place.calls();
    let updates: Vec<&String> = calls.iter().filter(|it| it.contains("update")).collect();
    assert_eq!(
        updates,
        [
            "docker service update --quiet --detach=false --image shop:2 shop",
            "docker service update --quiet --detach=false --image shop:1 shop",
        ]
    );
}

#[test]
fn services_of_compose_have_their_image_and_number_back() {
    let place = Place::new();
    place.stub(
        "docker",
        r#"
case "$*" in
  *"ps --all --format json sick") echo '{"State":"running","Health":"unhealthy"}' ;;
  *"ps --all --format json none") ;;
  *"ps --all --format json"*) echo '[{"State":"running","Health":""},{"State":"running","Health":"healthy"}]' ;;
  *"ps --quiet"*) printf 'a\nb\n' ;;
esac"#,
    );
    place.passes("compose", &["compose.running(\"web\")"]);
    place.refuses(
        "compose",
        &["compose.running(\"sick\")", "compose.running(\"none\")"],
    );
    let change = r#"
step fetch = compose.pull("web")
step more = compose.scale("web", containers: 4)
step change = compose.service_image("web", image: "shop:2")
check changed $ grep -qx '    image: "shop:2"' compose.release.yaml
"#;
    place.sh("rm calls");
    place.goes_back("compose", change);
    let up = "docker compose --file compose.yaml";
    let wait = "up --detach --wait --no-deps web";
    assert_eq!(
        place.calls(),
        [
            format!("{up} pull --quiet web"),
            format!("{up} ps --quiet web"),
            format!("{up} up --detach --wait --no-deps --no-recreate --scale web=4 web"),
            format!("{up} --file compose.release.yaml {wait}"),
            format!("{up} {wait}"),
            format!("{up} up --detach --no-deps --no-recreate --scale web=2 web"),
        ]
    );
    place.sh("test ! -e compose.release.yaml");
    let before = "services:\n  web:\n    image: \"shop:1\"\n";
    place.write("compose.release.yaml", before);
    place.goes_back("compose", change);
    assert_eq!(place.read("compose.release.yaml"), before);
}

/// A cluster with a deployment and a node, in files.
const KUBECTL: &str = r#"
[ "$1 $2" = "--context production" ] || exit 8
shift 2
[ "$1" != --namespace ] || shift 2
case "$*" in
  "get deployment/web -o jsonpath={.spec.replicas}") cat replicas ;;
  "get deployment/web"*) cat image ;;
  "set image deployment/web web="*) echo "${4#web=}" >image ;;
  "scale deployment/web --replicas "*) echo "$4" >replicas ;;
  "rollout status deployment/stuck"*) exit 1 ;;
  "rollout status"* | "rollout restart"*) ;;
  "wait --for condition=Ready node/broken"*) exit 1 ;;
  "wait --for"*) ;;
  "auth can-i delete"*) echo no; exit 1 ;;
  "auth can-i"*) echo yes ;;
  "cordon node-1" | "drain node-1"*) echo out >node ;;
  "uncordon node-1") echo in >node ;;
  "create -f "*) grep -q fails "$3" && echo Failed >job || echo Complete >job; cat "$3" >>jobs ;;
  "get job"*) cat job ;;
  "logs job/"* | "delete job "*) ;;
  *) echo "not known: $*" >&2; exit 9 ;;
esac"#;

fn cluster() -> Place {
    let place = Place::new();
    place.stub("kubectl", KUBECTL);
    place.write("image", "shop:1\n");
    place.write("replicas", "3\n");
    place.write("node", "in\n");
    place.write("fill.yaml", "fill\n");
    place.write("fails.yaml", "fails\n");
    place.write("empty.yaml", "empty\n");
    place
}

#[test]
fn a_cluster_is_as_it_was() {
    let place = cluster();
    let production = "context: \"production\"";
    place.passes(
        "kubernetes",
        &[
            &format!("kubernetes.rolled_out(\"web\", {production})"),
            &format!("kubernetes.node_ready(\"node-1\", {production})"),
            &format!("kubernetes.may(\"patch\", what: \"deployments\", {production})"),
        ],
    );
    place.refuses(
        "kubernetes",
        &[
            &format!("kubernetes.rolled_out(\"stuck\", {production})"),
            &format!("kubernetes.node_ready(\"broken\", {production})"),
            &format!("kubernetes.may(\"delete\", what: \"nodes\", {production})"),
            "kubernetes.rolled_out(\"web\", context: \"another\")",
        ],
    );
    place.goes_back(
        "kubernetes",
        &format!(
            r#"
step image = kubernetes.set_image("web", container: "web", image: "shop:2", {production})
step more = kubernetes.scale("web", replicas: 6, {production}, namespace: "shop")
step anew = kubernetes.restart("worker", {production})
step fill = kubernetes.job("fill", file: "fill.yaml", undo_job: "empty", undo_file: "empty.yaml", {production})
with out = kubernetes.drained("node-1", {production}) {{
  check changed {{
    $ test "$(cat image replicas node)" = "$(printf 'shop:2\n6\nout')"
  }}
}}
step away = kubernetes.drain("node-1", {production})
"#
        ),
    );
    assert_eq!(
        place.sh("cat image replicas node jobs"),
        "shop:1\n3\nin\nfill\nempty"
    );
}

#[test]
fn a_job_that_fails_is_taken_back() {
    let place = cluster();
    let (status, told) = place.exec(
        "kubernetes",
        "step fill = kubernetes.job(\"fill\", file: \"fails.yaml\", undo_job: \"empty\", undo_file: \"empty.yaml\", context: \"production\")",
    );
    assert_eq!(status, 3, "{told}");
    assert_eq!(place.read("jobs"), "fails\nempty\n");
}

/// A tool that is missing stops the run before anything happens.
#[test]
fn a_missing_tool_is_found_before_the_first_change() {
    let mut place = Place::new();
    let tools = "sh env cat test printf awk sleep mkdir id uname";
    place.sh(&format!(
        "for tool in {tools}; do ln -s \"$(command -v $tool)\" bin/ 2>/dev/null || true; done"
    ));
    let only = place.at("bin");
    place.set("PATH", &only);
    let (status, told) = place.exec(
        "kubernetes",
        "step first {\n  $ echo changed >changed\n  rollback $ true\n}\nstep anew = kubernetes.restart(\"web\", context: \"production\")",
    );
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("kubectl"), "{told}");
    assert_eq!(place.read("changed"), "");
}
