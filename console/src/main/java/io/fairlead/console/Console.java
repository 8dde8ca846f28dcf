package io.fairlead.console;

import com.google.gson.JsonObject;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Registry;
import io.fairlead.gateway.Contracts;
import io.fairlead.management.EventStream;
import io.fairlead.management.WebException;
import io.fairlead.management.WebExchange;
import io.fairlead.management.WebHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A page for whoever is on call: the services of a registry, the state and the load of their
 * endpoints, who calls whom, the last calls, policies and findings, and buttons that drain an
 * endpoint. It is a client of the admin services of the processes.
 *
 * <pre>{@code
 * Console console =
 *     Console.builder().process("127.0.0.1:" + server.port()).registry(registry).build();
 * ManagementServer pages = ManagementServer.builder().handler("/console", console).start();
 * }</pre>
 *
 * <p>Browsers get pages, and curl gets tables; each view is JSON by {@code Accept} too, and live as
 * server-sent events. The header {@code Authorization} of a request is handed on to the admin
 * services, which decide what this person may see and do. With an {@link Builder#accessToken} the
 * console's own channels say who calls, and whoever has the token acts in their name.
 *
 * <p>Safe for use by many threads. It closes its channels, not the registry.
 */
public final class Console implements WebHandler, AutoCloseable {
  private static final String TEXT = "text/plain";
  private static final String HTML = "text/html";
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";

  /** Scripts and styles come from this console alone, and no other page shows it in a frame. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
          + " data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Pattern FILE = Pattern.compile("[a-z]+\\.(js|css)");

  /** Files of libraries, by the path that the page asks for. */
  private static final Map<String, String> LIBRARIES = libraries();

  /** Views of one thing, which their path names. */
  private static final List<String> WITH_ARGUMENT = List.of("services", "methods", "traces");

  private static final long INTERVAL_MILLIS = 1_000;

  private final Processes processes;
  private final Fleet fleet;
  private final Actions actions;
  private final Map<String, View> views;
  private final Processes callees;
  private final TriedCall calls;
  private final TapStream taps;
  private final @Nullable String guard;
  private final byte @Nullable [] token;
  private final CountDownLatch closed = new CountDownLatch(1);

  private Console(Builder builder) {
    Predicate<String> trusted = builder.trusted.or(Set.copyOf(builder.addresses)::contains);
    this.processes = new Processes(builder.channels, trusted);
    this.fleet =
        new Fleet(
            builder.registry,
            builder.addresses,
            builder.adminPort,
            processes,
            InstantSource.system());
    this.actions = new Actions(processes);
    this.taps = new TapStream(processes);
    this.callees = new Processes(builder.channels, trusted);
    Callees contracts = new Callees(builder.contracts, callees);
    this.calls = new TriedCall(contracts, callees);
    this.views =
        Map.of(
            "system", new SystemView(),
            "services", new ServiceView(),
            "methods", new MethodView(),
            "calls", new CallsView(),
            "traces", new CallsView(),
            "policy", new PolicyView(),
            "scaling", new ScalingView(),
            "registry", new RegistryView(),
            "lint", new LintView(),
            "try", new TryView(contracts));
    this.token = builder.token == null ? null : builder.token.getBytes(StandardCharsets.UTF_8);
    this.guard = builder.token == null ? builder.addresses.get(0) : null;
  }

  /** Starts to describe one. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts to describe one for all services of a registry, beside no process of its own. It needs
   * an {@link Builder#accessToken}:
   *
   * <pre>{@code
   * Console console =
   *     Console.fleet(registry)
   *         .accessToken(token)
   *         .channels(address -> RpcChannel.to(address).credentials(credentials))
   *         .build();
   * ManagementServer pages = ManagementServer.builder().handler("/console", console).start();
   * System.out.println("open " + pages.uri("/console") + "#token=" + token);
   * }</pre>
   *
   * The page takes the token from the part of the address behind {@code #}, which no server sees.
   */
  public static Builder fleet(Registry registry) {
    return new Builder().registry(registry);
  }

  @Override
  public void handle(WebExchange exchange) throws IOException {
    exchange.setHeader("Content-Security-Policy", POLICY);
    exchange.setHeader("Referrer-Policy", "no-referrer");
    exchange.setHeader("X-Content-Type-Options", "nosniff");
    exchange.setHeader("Cache-Control", "no-store");
    String path = exchange.path();
    if (path.startsWith("/app/")) {
      file(exchange, path.substring("/app/".length()));
      return;
    }
    if (path.startsWith("/lib/")) {
      library(exchange, path.substring("/lib/".length()));
      return;
    }
    if (path.startsWith("/actions/")) {
      Actions.guard(exchange);
      String name = path.substring("/actions/".length());
      if (name.equals("call")) {
        calls.handle(exchange, request(exchange, ""));
      } else {
        actions.handle(exchange, name, request(exchange, ""));
      }
      return;
    }
    exchange.allow("GET");
    if (path.equals("/tap")) {
      tap(exchange);
      return;
    }
    String[] parts = (path.equals("/") ? "/system" : path).substring(1).split("/", 2);
    View view = views.get(parts[0]);
    String argument = parts.length == 2 ? parts[1] : "";
    if (view == null || WITH_ARGUMENT.contains(parts[0]) == argument.isEmpty()) {
      throw new WebException(
          404,
          "there is no view "
              + path
              + "; there are /system, /services/NAME, /methods/SERVICE/METHOD, /calls, /traces/ID,"
              + " /tap, /policy, /scaling, /registry, /lint and /try");
    }
    switch (exchange.preferred(TEXT, HTML, JSON, EVENTS)) {
      // Has no figures: those are asked for with the token, which a link cannot bring.
      case HTML -> shell(exchange);
      case JSON -> exchange.respond(200, JSON, view.read(request(exchange, argument)).toString());
      case EVENTS -> live(exchange, view, argument);
      default -> {
        StringBuilder text = new StringBuilder();
        view.print(view.read(request(exchange, argument)), text);
        exchange.respond(200, TEXT, text.toString());
      }
    }
  }

  /** Has no figures at a moment: it is events, or the page that shows them. */
  private void tap(WebExchange exchange) throws IOException {
    if (exchange.preferred(EVENTS, HTML).equals(HTML)) {
      shell(exchange);
      return;
    }
    try {
      taps.handle(exchange, request(exchange, ""), () -> closed.getCount() == 0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closed
    }
  }

  private static void shell(WebExchange exchange) throws IOException {
    String page = new String(resource("web/index.html"), StandardCharsets.UTF_8);
    String mount =
        exchange.mount().replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
    exchange.respond(200, HTML, page.replace("{{mount}}", mount));
  }

  private static void file(WebExchange exchange, String name) throws IOException {
    exchange.allow("GET");
    if (!FILE.matcher(name).matches()) {
      throw new WebException(404, "there is no file " + name);
    }
    exchange.respond(200, type(name), resource("web/" + name));
  }

  private static void library(WebExchange exchange, String name) throws IOException {
    exchange.allow("GET");
    String resource = LIBRARIES.get(name);
    if (resource == null) {
      throw new WebException(404, "there is no file " + name);
    }
    // A new version of the console may bring new ones under the same name.
    exchange.setHeader("Cache-Control", "private, max-age=300");
    exchange.respond(200, type(name), resource(resource));
  }

  private static String type(String name) {
    return (name.endsWith(".css") ? "text/css" : "text/javascript") + "; charset=utf-8";
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Console.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new WebException(404, "there is no file " + name);
      }
      return in.readAllBytes();
    }
  }

  private static Map<String, String> libraries() {
    Properties versions = new Properties();
    try (InputStream in = Console.class.getResourceAsStream("libraries.properties")) {
      versions.load(Objects.requireNonNull(in, "libraries.properties"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String webjars = "/META-INF/resources/webjars/";
    String lit = webjars + "lit-html/" + versions.getProperty("lit-html") + "/";
    String plot = webjars + "uplot/" + versions.getProperty("uplot") + "/dist/";
    return Map.of(
        "lit-html.js", lit + "lit-html.js",
        "directive.js", lit + "directive.js",
        "directive-helpers.js", lit + "directive-helpers.js",
        "directives/repeat.js", lit + "directives/repeat.js",
        "directives/live.js", lit + "directives/live.js",
        "uplot.js", plot + "uPlot.esm.js",
        "uplot.css", plot + "uPlot.min.css");
  }

  /** Reads the fleet for whoever asks; fails if they may not look. */
  private ViewRequest request(WebExchange exchange, String argument) {
    Viewer viewer = viewer(exchange);
    if (guard != null) {
      Problem problem = fleet.read(viewer, guard).problem();
      if (problem != null) {
        throw new WebException(
            problem.isRefusal() ? problem.status() : 503,
            problem.text() + "; this process decides who may look");
      }
    }
    return new ViewRequest(argument, exchange::parameter, viewer, fleet.read(viewer), processes);
  }

  private Viewer viewer(WebExchange exchange) {
    String authorization = exchange.header("Authorization").orElse("");
    if (token == null) {
      return new Viewer(authorization);
    }
    byte[] given =
        authorization.regionMatches(true, 0, "Bearer ", 0, 7)
            ? authorization.substring(7).strip().getBytes(StandardCharsets.UTF_8)
            : new byte[0];
    if (!MessageDigest.isEqual(given, token)) {
      throw new WebException(
          401, "send the console's token: 'Authorization: Bearer TOKEN'; its start shows it");
    }
    return new Viewer("");
  }

  private void live(WebExchange exchange, View view, String argument) throws IOException {
    // Whoever may not look learns it by the status, as with the other forms.
    JsonObject page = view.read(request(exchange, argument));
    try (EventStream events = exchange.events()) {
      String last = "";
      do {
        String now = page.toString();
        if (now.equals(last)) {
          events.ping();
        } else {
          events.send("page", now);
          last = now;
        }
        if (closed.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
        try {
          page = view.read(request(exchange, argument));
        } catch (WebException e) {
          events.send("problem", String.valueOf(e.getMessage()));
        }
      } while (true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closed
    }
  }

  /** Ends the live views, and closes the channels. */
  @Override
  public void close() {
    closed.countDown();
    fleet.close();
    processes.close();
    callees.close();
  }

  @Override
  public String toString() {
    return "console";
  }

  /** Describes a console. Not safe for use by several threads. */
  public static final class Builder {
    private final List<String> addresses = new ArrayList<>();
    private Function<String, RpcChannel.Builder> channels = RpcChannel::to;
    private Predicate<String> trusted = address -> true;
    private @Nullable Registry registry;
    private @Nullable String token;
    private @Nullable Contracts contracts;
    private int adminPort;

    private Builder() {}

    /**
     * Shows a process by the {@code host:port} of its admin service, whether or not a registry has
     * it. The first one decides who may look: the one that a server with a console of its own is.
     */
    public Builder process(String address) {
      addresses.add(Objects.requireNonNull(address, "address"));
      return this;
    }

    /** Shows the services of a registry, and their processes. */
    public Builder registry(Registry shared) {
      registry = Objects.requireNonNull(shared, "registry");
      return this;
    }

    /** Sets the port of the admin services, where it is not that of the endpoints. */
    public Builder adminPort(int port) {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("adminPort " + port + " is not between 1 and 65535");
      }
      adminPort = port;
      return this;
    }

    /** Sets how a channel to the admin service at an address is made, such as with TLS. */
    public Builder channels(Function<String, RpcChannel.Builder> builders) {
      channels = Objects.requireNonNull(builders, "builders");
      return this;
    }

    /**
     * Calls only these addresses of the registry, and those of {@link #process}. Whoever can write
     * to the registry would get the tokens of viewers otherwise. Default: all of them.
     *
     * @param addresses says whether the {@code host:port} of an admin service is trusted
     */
    public Builder trust(Predicate<String> addresses) {
      trusted = Objects.requireNonNull(addresses, "addresses");
      return this;
    }

    /**
     * Lets viewers call methods of the processes, with forms from these contracts. The calls have
     * the header {@code Authorization} of the viewer, or else are those of {@link #channels}; the
     * processes decide.
     */
    public Builder tryIt(Contracts source) {
      contracts = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * Requires this token of whoever looks, and hands no header on: {@link #channels} says who
     * calls.
     */
    public Builder accessToken(String value) {
      if (value.length() < 16) {
        throw new IllegalArgumentException(
            "a token has at least 16 characters, this one has " + value.length());
      }
      token = value;
      return this;
    }

    /**
     * Makes it.
     *
     * @throws IllegalStateException if nothing says who may look
     */
    public Console build() {
      if (token == null && addresses.isEmpty()) {
        throw new IllegalStateException(
            "nothing says who may look at the console: add process(address), whose admin service"
                + " decides, or accessToken(...)");
      }
      return new Console(this);
    }
  }
}
