package io.fairlead.scaling;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fairlead.testkit.Certificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Plays the API server of Kubernetes for one Deployment, as strictly as that is: tokens, rights,
 * versions, content types, selectors and pages. The ReplicaSet acts when it is told to.
 */
final class PlayedApiServer implements AutoCloseable {
  private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/inventory";
  private static final String PODS = "/api/v1/namespaces/shop/pods";
  private static final int LARGEST_PAGE = 2;

  final Set<String> tokens = new HashSet<>(Set.of("good"));
  final Set<String> rights =
      new HashSet<>(
          Set.of(
              "get deployments",
              "patch deployments",
              "get deployments/scale",
              "update deployments/scale",
              "list pods",
              "patch pods",
              "delete pods"));
  final List<String> requests = new ArrayList<>();

  /** Answers in place of the next ones: a status, and Retry-After. */
  final Deque<String[]> refusals = new ArrayDeque<>();

  /** What somebody else does just before a request of this kind is served; once. */
  final Map<String, Runnable> before = new HashMap<>();

  final Map<String, JsonObject> pods = new LinkedHashMap<>();
  final Map<String, String> annotations = new HashMap<>();
  int replicas;

  /** Until when the answers have a beginning, and no end. */
  volatile @Nullable CountDownLatch stall;

  /** Answers have nothing in them. */
  volatile boolean nonsense;

  private int version = 100;
  private int number;

  private final HttpsServer server;
  private final ExecutorService thread = Executors.newSingleThreadExecutor();

  PlayedApiServer(Certificates certificates) throws Exception {
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(certificates)));
    server.setExecutor(thread);
    server.createContext("/", this::serve);
    server.start();
  }

  private static SSLContext context(Certificates files) throws Exception {
    String pem = Files.readString(files.key()).replaceAll("-----[A-Z ]+-----", "");
    PrivateKey key =
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(files.certificate())) {
      Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
      store.setKeyEntry("server", key, new char[0], new Certificate[] {certificate});
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  URI uri() {
    return URI.create("https://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The ReplicaSet: it makes pods, or deletes those of the lowest cost. */
  synchronized void reconcile() {
    pods.values().removeIf(pod -> metadata(pod).has("deletionTimestamp"));
    while (pods.size() < replicas) {
      addPod("inventory-" + ++number, "Running");
    }
    while (pods.size() > replicas) {
      // The newest first among equals.
      List<String> names = new ArrayList<>(pods.keySet());
      Collections.reverse(names);
      String victim =
          names.stream()
              .min(Comparator.comparingInt(each -> cost(Objects.requireNonNull(pods.get(each)))))
              .orElseThrow();
      pods.remove(victim);
    }
  }

  synchronized void addPod(String name, String phase) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("name", name);
    JsonObject status = new JsonObject();
    status.addProperty("phase", phase);
    JsonObject pod = new JsonObject();
    pod.add("metadata", metadata);
    pod.add("status", status);
    pods.put(name, pod);
  }

  private static JsonObject metadata(JsonObject pod) {
    return pod.getAsJsonObject("metadata");
  }

  private static int cost(JsonObject pod) {
    JsonObject of = metadata(pod).getAsJsonObject("annotations");
    JsonElement cost = of == null ? null : of.get("controller.kubernetes.io/pod-deletion-cost");
    return cost == null ? 0 : cost.getAsInt();
  }

  /** Somebody else changes the Deployment. */
  synchronized void touch() {
    version++;
  }

  private synchronized void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = exchange.getRequestURI().getRawPath();
      String request = exchange.getRequestMethod() + " " + path;
      requests.add(request);
      Runnable first = before.remove(request);
      if (first != null) {
        first.run();
      }
      if (!refusals.isEmpty()) {
        String[] refusal = refusals.remove();
        if (refusal.length > 1) {
          exchange.getResponseHeaders().add("Retry-After", refusal[1]);
        }
        fail(exchange, Integer.parseInt(refusal[0]), "as the test wants");
        return;
      }
      String given = exchange.getRequestHeaders().getFirst("Authorization");
      if (given == null || tokens.stream().noneMatch(each -> given.equals("Bearer " + each))) {
        fail(exchange, 401, "Unauthorized");
        return;
      }
      String right = right(exchange.getRequestMethod(), path);
      if (right == null) {
        fail(exchange, 404, "the server could not find the requested resource");
      } else if (!rights.contains(right)) {
        fail(
            exchange,
            403,
            "User \"system:serviceaccount:shop:scaler\" cannot " + right + " in \"shop\"");
      } else {
        answer(exchange, right, path, body);
      }
    } catch (RuntimeException e) {
      fail(exchange, 500, e.toString());
    }
  }

  private static @Nullable String right(String method, String path) {
    String of =
        path.equals(DEPLOYMENT)
            ? "deployments"
            : path.equals(DEPLOYMENT + "/scale")
                ? "deployments/scale"
                : path.equals(PODS) || path.startsWith(PODS + "/") ? "pods" : null;
    String verb =
        switch (method) {
          case "GET" -> path.equals(PODS) ? "list" : "get";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> "delete";
          default -> "do";
        };
    return of == null ? null : verb + " " + of;
  }

  private void answer(HttpExchange exchange, String right, String path, String body)
      throws IOException {
    String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
    if (right.startsWith("patch") && !type.equals("application/merge-patch+json")) {
      fail(exchange, 415, "the body of the request was in an unknown format: " + type);
      return;
    }
    switch (right) {
      case "get deployments" -> ok(exchange, deployment());
      case "patch deployments" -> patchDeployment(exchange, object(body));
      case "get deployments/scale" -> ok(exchange, scale());
      case "update deployments/scale" -> updateScale(exchange, object(body));
      case "list pods" -> listPods(exchange);
      default -> changePod(exchange, right, path.substring(PODS.length() + 1), body);
    }
  }

  private static JsonObject object(String body) {
    return JsonParser.parseString(body).getAsJsonObject();
  }

  private JsonObject deployment() {
    JsonObject of = new JsonObject();
    annotations.forEach(of::addProperty);
    JsonObject metadata = versioned();
    metadata.add("annotations", of);
    JsonObject deployment = new JsonObject();
    deployment.addProperty("kind", "Deployment");
    deployment.add("metadata", metadata);
    return deployment;
  }

  private JsonObject versioned() {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("name", "inventory");
    metadata.addProperty("namespace", "shop");
    metadata.addProperty("resourceVersion", Integer.toString(version));
    return metadata;
  }

  private JsonObject scale() {
    JsonObject spec = new JsonObject();
    // As the API server does: a number of 0 is left out.
    if (replicas != 0) {
      spec.addProperty("replicas", replicas);
    }
    JsonObject status = new JsonObject();
    status.addProperty("replicas", pods.size());
    status.addProperty("selector", "app=inventory,tier in (a,b)");
    JsonObject scale = new JsonObject();
    scale.addProperty("kind", "Scale");
    scale.addProperty("apiVersion", "autoscaling/v1");
    scale.add("metadata", versioned());
    scale.add("spec", spec);
    scale.add("status", status);
    return scale;
  }

  private boolean isStale(HttpExchange exchange, JsonObject change) throws IOException {
    JsonElement based = change.getAsJsonObject("metadata").get("resourceVersion");
    if (based != null && based.getAsString().equals(Integer.toString(version))) {
      return false;
    }
    fail(
        exchange,
        409,
        "Operation cannot be fulfilled on deployments.apps \"inventory\": the object has been"
            + " modified; please apply your changes to the latest version and try again");
    return true;
  }

  private void patchDeployment(HttpExchange exchange, JsonObject patch) throws IOException {
    if (!isStale(exchange, patch)) {
      patch
          .getAsJsonObject("metadata")
          .getAsJsonObject("annotations")
          .entrySet()
          .forEach(each -> annotations.put(each.getKey(), each.getValue().getAsString()));
      version++;
      ok(exchange, deployment());
    }
  }

  private void updateScale(HttpExchange exchange, JsonObject scale) throws IOException {
    if (!"Scale".equals(text(scale, "kind"))
        || !"autoscaling/v1".equals(text(scale, "apiVersion"))
        || !"inventory".equals(text(scale.getAsJsonObject("metadata"), "name"))) {
      fail(exchange, 400, "the object provided is unrecognized: " + scale);
    } else if (!isStale(exchange, scale)) {
      replicas = scale.getAsJsonObject("spec").get("replicas").getAsInt();
      version++;
      ok(exchange, scale());
    }
  }

  private static @Nullable String text(JsonObject of, String name) {
    return of.has(name) ? of.get(name).getAsString() : null;
  }

  private void listPods(HttpExchange exchange) throws IOException {
    Map<String, String> query = new HashMap<>();
    for (String each : exchange.getRequestURI().getRawQuery().split("&", -1)) {
      String[] pair = each.split("=", 2);
      query.put(pair[0], URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
    }
    if (!"app=inventory,tier in (a,b)".equals(query.get("labelSelector"))) {
      fail(exchange, 400, "unable to parse requirement: " + query);
      return;
    }
    List<JsonObject> all = List.copyOf(pods.values());
    int from = Integer.parseInt(query.getOrDefault("continue", "0"));
    int to = Math.min(all.size(), from + LARGEST_PAGE);
    JsonArray items = new JsonArray();
    all.subList(from, to).forEach(items::add);
    JsonObject metadata = new JsonObject();
    if (to < all.size()) {
      metadata.addProperty("continue", Integer.toString(to));
    }
    JsonObject list = new JsonObject();
    list.add("metadata", metadata);
    list.add("items", items);
    ok(exchange, list);
  }

  private void changePod(HttpExchange exchange, String right, String name, String body)
      throws IOException {
    JsonObject pod = pods.get(name);
    if (pod == null) {
      fail(exchange, 404, "pods \"" + name + "\" not found");
    } else if (right.equals("delete pods")) {
      metadata(pod).addProperty("deletionTimestamp", "2026-01-01T00:00:00Z");
      ok(exchange, pod);
    } else {
      metadata(pod).add("annotations", object(body).getAsJsonObject("metadata").get("annotations"));
      ok(exchange, pod);
    }
  }

  /** The pods that are not being deleted. */
  synchronized List<String> live() {
    Predicate<JsonObject> deleted = pod -> metadata(pod).has("deletionTimestamp");
    return pods.entrySet().stream()
        .filter(each -> !deleted.test(each.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private void ok(HttpExchange exchange, JsonObject body) throws IOException {
    CountDownLatch until = stall;
    if (until != null) {
      exchange.sendResponseHeaders(200, 1_000);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
      try {
        until.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return;
    }
    send(exchange, 200, nonsense ? new JsonObject() : body);
  }

  private static void fail(HttpExchange exchange, int code, String message) throws IOException {
    JsonObject status = new JsonObject();
    status.addProperty("kind", "Status");
    status.addProperty("code", code);
    status.addProperty("message", message);
    send(exchange, code, status);
  }

  private static void send(HttpExchange exchange, int code, JsonObject body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
  }
}
