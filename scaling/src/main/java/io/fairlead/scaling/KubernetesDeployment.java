package io.fairlead.scaling;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Instances as the pods of a Deployment of Kubernetes. It changes the number through the scale
 * subresource, and names the pods that are to go with {@code
 * controller.kubernetes.io/pod-deletion-cost}, as the ReplicaSet would else take any.
 *
 * <p>The id of an instance is the name of its pod: give it to {@code RpcServer.Builder.id}, from
 * {@code metadata.name}. Without settings it uses the service account of the pod that it runs in.
 * That account needs, in the namespace of the Deployment:
 *
 * <pre>
 * rules:
 *   - { apiGroups: [apps], resources: [deployments], verbs: [get, patch] }
 *   - { apiGroups: [apps], resources: [deployments/scale], verbs: [get, update] }
 *   - { apiGroups: [""], resources: [pods], verbs: [list, patch, delete] }
 * </pre>
 *
 * <p>The fencing token of the last order is an annotation of the Deployment. Each change states the
 * version that it is based on, so that an order that was overtaken meanwhile is refused.
 *
 * <p>Safe for use by many threads, also in several processes.
 */
public final class KubernetesDeployment implements Actuator {
  static final String TOKEN = "fairlead.io/scaler-token";
  static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  /** Below the cost of all others, which is 0 where nobody says anything. */
  private static final String FIRST_TO_GO = "-1000";

  private static final int MAX_CONFLICTS = 5;
  private static final int PAGE = 500;

  private final String namespace;
  private final String name;
  private final KubernetesApi api;

  private KubernetesDeployment(Builder builder) {
    this.name = builder.name;
    this.namespace = builder.namespace();
    this.api =
        new KubernetesApi(
            builder.server(), builder.tokenFile, builder.caFile, builder.requestTimeout);
  }

  /** Starts to describe the pods of the Deployment of this name. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  private String deploymentPath() {
    return "/apis/apps/v1/namespaces/" + namespace + "/deployments/" + name;
  }

  private String podsPath() {
    return "/api/v1/namespaces/" + namespace + "/pods";
  }

  /**
   * Returns the names of the pods, and for those that the controllers have not made yet names that
   * no pod has.
   */
  @Override
  public List<String> instances() throws IOException {
    return understood(
        () -> {
          Scale scale = scale();
          List<String> ids = new ArrayList<>(pods(scale.selector));
          for (int i = ids.size(); i < scale.replicas; i++) {
            ids.add(promised(i));
          }
          return ids;
        });
  }

  /** The id of a pod that is not there yet, which no pod can have as its name. */
  private String promised(int number) {
    return name + "#" + number;
  }

  @Override
  public void start(int count, Order order) throws IOException {
    resize(order, scale -> scale.replicas + count);
  }

  /**
   * Marks the pods, lowers the number, and deletes what is then still there of them. Names that are
   * not those of pods of this Deployment are left alone.
   */
  @Override
  public void stop(List<String> ids, Order order) throws IOException {
    Set<String> leaving = new HashSet<>();
    resize(
        order,
        scale -> {
          List<String> there = pods(scale.selector);
          leaving.clear();
          leaving.addAll(there);
          leaving.retainAll(ids);
          for (String pod : leaving) {
            mark(pod);
          }
          int promised = 0;
          for (int i = there.size(); i < scale.replicas; i++) {
            promised += ids.contains(promised(i)) ? 1 : 0;
          }
          // Fewer than there are: the controller is about to delete the marked ones already.
          return there.size() >= scale.replicas
              ? Math.min(scale.replicas, there.size() - leaving.size())
              : Math.max(0, scale.replicas - leaving.size() - promised);
        });
    // Where pods were still being made, the controller would make fewer, and delete none.
    for (String pod : leaving) {
      api.delete(podsPath() + "/" + pod, "delete pods");
    }
  }

  /** The number, and what it is based on. */
  private record Scale(JsonObject object, String version, int replicas, String selector) {}

  /** How many there are to be, given how many there are. */
  @FunctionalInterface
  private interface Target {
    int of(Scale scale) throws IOException;
  }

  private Scale scale() throws IOException {
    JsonObject object = api.get(deploymentPath() + "/scale", "get deployments/scale");
    try {
      JsonObject spec = object.getAsJsonObject("spec");
      return new Scale(
          object,
          object.getAsJsonObject("metadata").get("resourceVersion").getAsString(),
          spec != null && spec.has("replicas") ? spec.get("replicas").getAsInt() : 0,
          object.getAsJsonObject("status").get("selector").getAsString());
    } catch (RuntimeException e) {
      throw new IOException("the scale of deployment " + name + " is not understood: " + object, e);
    }
  }

  /** Answers are read as if they were as they should be. One that is not is a failure as others. */
  @FunctionalInterface
  private interface Reading<T> {
    T run() throws IOException;
  }

  private <T> T understood(Reading<T> reading) throws IOException {
    try {
      return reading.run();
    } catch (RuntimeException e) {
      throw new IOException("what the API server says of " + this + " is not understood: " + e, e);
    }
  }

  private void resize(Order order, Target target) throws IOException {
    for (int attempt = 1; ; attempt++) {
      String claimed = understood(() -> claim(order));
      Scale scale = scale();
      if (!scale.version.equals(claimed)) {
        // Somebody has changed it since the token was read, perhaps to a greater one.
        refuseManyConflicts(attempt);
        continue;
      }
      int replicas = understood(() -> target.of(scale));
      if (replicas == scale.replicas) {
        return;
      }
      JsonObject change = scale.object.deepCopy();
      JsonObject spec = new JsonObject();
      spec.addProperty("replicas", replicas);
      change.add("spec", spec);
      HttpResponse<String> response =
          api.put(deploymentPath() + "/scale", change.toString(), "update deployments/scale");
      if (response.statusCode() != 409) {
        return;
      }
      refuseManyConflicts(attempt);
    }
  }

  /**
   * Writes the order's token into the Deployment, unless a greater one is there, and returns the
   * version in which it was seen. A successor that writes its own afterwards changes the version,
   * so a change of the number that is based on the returned one fails.
   */
  private String claim(Order order) throws IOException {
    for (int attempt = 1; ; attempt++) {
      JsonObject metadata =
          api.get(deploymentPath(), "get deployments").getAsJsonObject("metadata");
      long seen = token(metadata);
      if (order.fencingToken() < seen) {
        throw new StaleOrderException(
            order.fencingToken(),
            seen,
            "remove the annotation %s of deployment %s/%s".formatted(TOKEN, namespace, name));
      }
      if (order.fencingToken() == seen) {
        return metadata.get("resourceVersion").getAsString();
      }
      JsonObject annotations = new JsonObject();
      annotations.addProperty(TOKEN, Long.toString(order.fencingToken()));
      JsonObject change = new JsonObject();
      change.add("resourceVersion", metadata.get("resourceVersion"));
      change.add("annotations", annotations);
      JsonObject patch = new JsonObject();
      patch.add("metadata", change);
      HttpResponse<String> response =
          api.patch(deploymentPath(), patch.toString(), "patch deployments");
      if (response.statusCode() != 409) {
        return object(response.body(), deploymentPath())
            .getAsJsonObject("metadata")
            .get("resourceVersion")
            .getAsString();
      }
      refuseManyConflicts(attempt);
    }
  }

  private void refuseManyConflicts(int attempt) throws IOException {
    if (attempt >= MAX_CONFLICTS) {
      throw new IOException(
          "deployment %s was changed by somebody else %d times in a row; the order was not carried out"
              .formatted(name, attempt));
    }
  }

  private long token(JsonObject metadata) throws IOException {
    JsonObject annotations = metadata.getAsJsonObject("annotations");
    JsonElement token = annotations == null ? null : annotations.get(TOKEN);
    try {
      return token == null ? 0 : Long.parseLong(token.getAsString());
    } catch (NumberFormatException e) {
      throw new IOException(
          "the annotation %s of deployment %s is %s, which is no number; remove it if no other decider runs"
              .formatted(TOKEN, name, token),
          e);
    }
  }

  private void mark(String pod) throws IOException {
    JsonObject annotations = new JsonObject();
    annotations.addProperty(DELETION_COST, FIRST_TO_GO);
    JsonObject metadata = new JsonObject();
    metadata.add("annotations", annotations);
    JsonObject patch = new JsonObject();
    patch.add("metadata", metadata);
    api.patchIfThere(podsPath() + "/" + pod, patch.toString(), "patch pods");
  }

  /** Those that run or will; a list may come in pages. */
  private List<String> pods(String selector) throws IOException {
    List<String> names = new ArrayList<>();
    String more = "";
    do {
      JsonObject page =
          api.get(
              podsPath()
                  + "?limit="
                  + PAGE
                  + "&labelSelector="
                  + encoded(selector)
                  + (more.isEmpty() ? "" : "&continue=" + encoded(more)),
              "list pods");
      for (JsonElement each : page.getAsJsonArray("items")) {
        JsonObject metadata = each.getAsJsonObject().getAsJsonObject("metadata");
        if (!metadata.has("deletionTimestamp") && !hasEnded(each.getAsJsonObject())) {
          names.add(metadata.get("name").getAsString());
        }
      }
      JsonElement next = page.getAsJsonObject("metadata").get("continue");
      more = next == null || next.isJsonNull() ? "" : next.getAsString();
    } while (!more.isEmpty());
    return names;
  }

  private static boolean hasEnded(JsonObject pod) {
    JsonObject status = pod.getAsJsonObject("status");
    String phase = status == null || !status.has("phase") ? "" : status.get("phase").getAsString();
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "KubernetesDeployment[" + namespace + "/" + name + "]";
  }

  /** Collects where the Deployment is. Not safe for use by several threads. */
  public static final class Builder {
    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private final String name;
    private @Nullable URI server;
    private @Nullable String namespace;
    private Path tokenFile = ACCOUNT.resolve("token");
    private @Nullable Path caFile = ACCOUNT.resolve("ca.crt");
    private Duration requestTimeout = Duration.ofSeconds(5);

    private Builder(String name) {
      if (!name.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?")) {
        throw new IllegalArgumentException(
            "\"" + name + "\" is no name of a Deployment; use lower case, digits and hyphens");
      }
      this.name = name;
    }

    /** Sets the API server. Default: that of the cluster that this process runs in. */
    public Builder server(URI value) {
      String scheme = value.getScheme();
      if (value.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
        throw new IllegalArgumentException(
            "\"" + value + "\" is no API server; use a URL such as https://10.0.0.1:6443");
      }
      server = value;
      return this;
    }

    /** Sets the namespace. Default: that of this pod. */
    public Builder namespace(String value) {
      if (!value.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
        throw new IllegalArgumentException(
            "\"" + value + "\" is no name of a namespace; use lower case, digits and hyphens");
      }
      namespace = value;
      return this;
    }

    /**
     * Sets the file of the bearer token, which is read again for each request, as the cluster
     * replaces it. Default: that of the pod's service account.
     */
    public Builder tokenFile(Path file) {
      tokenFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /**
     * Sets the certificates that the API server's is checked with, in PEM. They are read again when
     * the file changes. Default: those of the pod's service account.
     */
    public Builder caFile(Path file) {
      caFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /** Sets how long a request may take. Default: 5s. */
    public Builder requestTimeout(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("requestTimeout " + value + " is no time");
      }
      requestTimeout = value;
      return this;
    }

    private URI server() {
      if (server != null) {
        return server;
      }
      String host = System.getenv("KUBERNETES_SERVICE_HOST");
      String port = System.getenv("KUBERNETES_SERVICE_PORT");
      if (host == null || port == null) {
        throw new IllegalStateException(
            "this process does not run in a pod: KUBERNETES_SERVICE_HOST and"
                + " KUBERNETES_SERVICE_PORT are not set; give the API server with server(...)");
      }
      return URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }

    private String namespace() {
      if (namespace != null) {
        return namespace;
      }
      Path file = ACCOUNT.resolve("namespace");
      try {
        return Files.readString(file).strip();
      } catch (IOException e) {
        throw new IllegalStateException(
            "the namespace cannot be read from " + file + "; give it with namespace(...)", e);
      }
    }

    /** Makes it; asks nothing yet. */
    public KubernetesDeployment build() {
      return new KubernetesDeployment(this);
    }
  }

  /** Parses what the API server says; an answer that is no object is a failure of its own. */
  static JsonObject object(String text, String path) throws IOException {
    try {
      return JsonParser.parseString(text).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException("the API server answered " + path + " with no JSON object", e);
    }
  }
}
