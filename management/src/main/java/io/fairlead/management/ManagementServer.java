package io.fairlead.management;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fairlead.security.TlsFiles;
import io.fairlead.server.RpcServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server for operators: {@code /healthz} and {@code /readyz} for probes, and what other
 * modules bring, such as metrics. It listens on the loopback address unless a host is given.
 *
 * <p>Whatever is not a probe is guarded. On a loopback address the {@code Host} header has to name
 * one, so that no web page can reach the server by a name of its own. On any other address it takes
 * a {@linkplain Builder#bearerToken token}, or an explicit {@link Builder#allowUnauthenticated},
 * which then lets web pages in as well. A request that changes something has to bring the header
 * {@value #ACTION_HEADER}, which a page of another origin cannot send.
 *
 * <p>Probes answer everybody, with their status and one word. Whoever passes the guard also reads
 * the phase of each server and its readiness checks.
 */
public final class ManagementServer implements AutoCloseable {
  /** Header of every request other than GET and HEAD; its value does not matter. */
  public static final String ACTION_HEADER = "X-Fairlead-Action";

  private static final System.Logger LOG = System.getLogger(ManagementServer.class.getName());
  private static final String TEXT = "text/plain";
  private static final String HTML = "text/html";

  /** Requests are read by these threads too, so there are more of them than handlers at work. */
  private static final int MAX_THREADS = 256;

  static {
    // The JDK's server has no other bounds on a client that sends or reads slowly, in seconds.
    setIfAbsent("sun.net.httpserver.maxReqTime", "5");
    setIfAbsent("sun.net.httpserver.maxRspTime", "300");
  }

  private final @Nullable ManagementTls tls;
  private final HttpServer http;
  private final ThreadPoolExecutor threads;
  private final Probes probes;

  /** By path; those of the probes stand for their places only. */
  private final Map<String, WebHandler> handlers;

  private final Set<String> probePaths = Set.of(Probes.LIVE, Probes.READY);
  private final Semaphore running;
  private final byte @Nullable [] token;
  private final boolean checksHost;
  private final long bodyLimit;

  private ManagementServer(Builder builder, InetAddress address) {
    this.handlers = new TreeMap<>(builder.handlers);
    this.token = builder.token == null ? null : builder.token.getBytes(StandardCharsets.UTF_8);
    this.checksHost = address.isLoopbackAddress();
    this.running = new Semaphore(builder.maxRequests);
    this.bodyLimit = builder.bodyLimit;
    this.probes = new Probes(builder.servers);
    handlers.put(Probes.LIVE, exchange -> {});
    handlers.put(Probes.READY, exchange -> {});
    this.tls = builder.tls == null ? null : ManagementTls.open(builder.tls);
    this.http = listen(new InetSocketAddress(address, builder.port), tls);
    this.threads = threads();
    http.setExecutor(threads);
    http.createContext("/", this::serve);
    http.start();
  }

  private static HttpServer listen(InetSocketAddress address, @Nullable ManagementTls tls) {
    boolean listens = false;
    try {
      HttpServer server = tls == null ? HttpServer.create(address, 0) : tls.server(address);
      listens = true;
      return server;
    } catch (BindException e) {
      throw new IllegalStateException(
          "the management server cannot listen on "
              + address
              + ": "
              + e.getMessage()
              + "; choose another port(...), or 0 for any free one",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("the management server cannot listen on " + address, e);
    } finally {
      if (!listens && tls != null) {
        tls.close();
      }
    }
  }

  private static ThreadPoolExecutor threads() {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        MAX_THREADS,
        30,
        TimeUnit.SECONDS,
        // No queue: a connection for which there is no thread is closed at once.
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, "fairlead-management-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Starts to describe a server. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the port that it listens on. */
  public int port() {
    return http.getAddress().getPort();
  }

  /** Returns the address of a path on this server, as an operator would type it. */
  public URI uri(String path) {
    InetSocketAddress address = http.getAddress();
    String host = address.getAddress().isAnyLocalAddress() ? "localhost" : address.getHostString();
    return URI.create(
        (tls == null ? "http://" : "https://")
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + port()
            + path);
  }

  /** Stops at once: open responses are cut. */
  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
    if (tls != null) {
      tls.close();
    }
  }

  /** Names the address and the paths. */
  @Override
  public String toString() {
    return "management server " + uri("/") + " " + handlers.keySet();
  }

  private void serve(HttpExchange exchange) {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String mount = mount(path);
      HttpServerExchange web =
          new HttpServerExchange(exchange, mount, below(mount, path), bodyLimit);
      try {
        if (probePaths.contains(mount)) {
          probe(mount, exchange, web);
        } else {
          guard(exchange);
          handle(mount, path, web);
        }
        if (!web.isAnswered()) {
          exchange.sendResponseHeaders(204, -1);
        }
      } catch (WebException e) {
        fail(web, e.status(), e.getMessage() + "\n");
      } catch (IOException | RuntimeException | Error e) {
        if (e instanceof IOException && web.isAnswered()) {
          // Nobody reads the response any more.
          throw e;
        }
        LOG.log(Level.WARNING, "the handler of " + path + " failed", e);
        fail(web, 500, "the handler of " + path + " failed: " + e + "\n");
      }
    } catch (IOException e) {
      LOG.log(
          Level.DEBUG, () -> "a request from " + exchange.getRemoteAddress() + " was cut: " + e);
    }
  }

  private void probe(String mount, HttpExchange exchange, WebExchange web) throws IOException {
    boolean detailed = true;
    try {
      guard(exchange);
    } catch (WebException e) {
      exchange.getResponseHeaders().remove("WWW-Authenticate");
      detailed = false;
    }
    probes.answer(mount, web, detailed);
  }

  private void handle(String mount, String path, WebExchange web) throws IOException {
    WebHandler handler = handlers.get(mount);
    if (handler == null) {
      index(web, path);
      return;
    }
    if (!running.tryAcquire()) {
      throw new WebException(503, "too many requests at once; try again");
    }
    try {
      handler.handle(web);
    } finally {
      running.release();
    }
  }

  private static void fail(HttpServerExchange web, int status, String text) throws IOException {
    if (!web.isAnswered()) {
      web.respond(status, TEXT, text);
    }
  }

  /** Returns the longest path with a handler that a request's path begins with; else empty. */
  private String mount(String path) {
    String candidate = path;
    while (!candidate.isEmpty()) {
      if (handlers.containsKey(candidate)) {
        return candidate;
      }
      candidate = candidate.substring(0, Math.max(0, candidate.lastIndexOf('/')));
    }
    return "";
  }

  private static String below(String mount, String path) {
    String rest = path.substring(mount.length());
    return rest.isEmpty() ? "/" : rest;
  }

  private void guard(HttpExchange exchange) {
    if (checksHost && !namesLoopback(exchange.getRequestHeaders().getFirst("Host"))) {
      throw new WebException(
          403,
          "this server answers to localhost only, not to "
              + exchange.getRequestHeaders().getFirst("Host"));
    }
    if (token != null && !holdsToken(exchange.getRequestHeaders().getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      throw new WebException(401, "send the token: 'Authorization: Bearer <token>'");
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET")
        && !method.equals("HEAD")
        && !exchange.getRequestHeaders().containsKey(ACTION_HEADER)) {
      throw new WebException(
          403, method + " needs the header " + ACTION_HEADER + ", whatever its value");
    }
  }

  private boolean holdsToken(@Nullable String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return false;
    }
    byte[] given = authorization.substring(7).trim().getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(given, token);
  }

  private static boolean namesLoopback(@Nullable String host) {
    if (host == null) {
      return false;
    }
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return name.equalsIgnoreCase("localhost")
        || name.equals("[::1]")
        || name.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private void index(WebExchange web, String path) throws IOException {
    if (!path.equals("/")) {
      throw new WebException(404, path + " is not here; there are " + handlers.keySet());
    }
    web.allow("GET");
    if (web.preferred(TEXT, HTML).equals(HTML)) {
      StringBuilder page =
          new StringBuilder("<!doctype html><meta charset=utf-8><title>Management</title><ul>\n");
      handlers
          .keySet()
          .forEach(
              each ->
                  page.append("<li><a href=\"")
                      .append(each)
                      .append("\">")
                      .append(each)
                      .append("</a>\n"));
      web.respond(200, HTML, page.append("</ul>\n").toString());
    } else {
      web.respond(200, TEXT, String.join("\n", handlers.keySet()) + "\n");
    }
  }

  /** Describes a management server. */
  public static final class Builder {
    private final Map<String, WebHandler> handlers = new TreeMap<>();
    private final List<RpcServer> servers = new ArrayList<>();
    private String host = "127.0.0.1";
    private int port = 9990;
    private int maxRequests = 16;
    private long bodyLimit = 1 << 20;
    private @Nullable String token;
    private @Nullable TlsFiles tls;
    private boolean unauthenticated;

    private Builder() {}

    /** Sets the port; 9990 if it is not given, 0 for any free one. */
    public Builder port(int value) {
      if (value < 0 || value > 65_535) {
        throw new IllegalArgumentException("port " + value + " is not between 0 and 65535");
      }
      port = value;
      return this;
    }

    /**
     * Sets the address to listen on; 127.0.0.1 if it is not given. An address that others can reach
     * also takes {@link #bearerToken}, {@link #allowUnauthenticated}, or {@link #tls} that asks for
     * certificates.
     */
    public Builder host(String value) {
      host = Objects.requireNonNull(value, "host");
      return this;
    }

    /** Requires this token of every request but probes. */
    public Builder bearerToken(String value) {
      if (value == null) {
        throw new IllegalArgumentException("the token is null; is its variable or file set?");
      }
      if (value.length() < 16) {
        throw new IllegalArgumentException(
            "a token has at least 16 characters, this one has " + value.length());
      }
      if (!value.matches("[!-~]+")) {
        throw new IllegalArgumentException(
            "the token has a space, a line end or a letter outside of ASCII, which no header can"
                + " bring; strip() what a file gives");
      }
      token = value;
      return this;
    }

    /**
     * Serves HTTPS alone, with the certificate in these files. They are read again while they are
     * used. With authorities to trust, each client must have a certificate by one of them, probes
     * too.
     */
    public Builder tls(TlsFiles files) {
      tls = Objects.requireNonNull(files, "files");
      return this;
    }

    /**
     * Lets everybody in who reaches the port, web pages in a browser of that network too: for
     * networks that are guarded by other means.
     */
    public Builder allowUnauthenticated() {
      unauthenticated = true;
      return this;
    }

    /** Makes {@code /healthz} and {@code /readyz} tell how this server is, beside others given. */
    public Builder probes(RpcServer server) {
      servers.add(Objects.requireNonNull(server, "server"));
      return this;
    }

    /** Serves a handler for a path and everything below it. */
    public Builder handler(String path, WebHandler handler) {
      Objects.requireNonNull(handler, "handler");
      if (!path.matches("(/[A-Za-z0-9._~-]+)+")) {
        throw new IllegalArgumentException(
            "the path '" + path + "' does not begin with / and a name, such as /metrics");
      }
      if (path.equals(Probes.LIVE) || path.equals(Probes.READY)) {
        throw new IllegalArgumentException(path + " is there already: use probes(server)");
      }
      if (handlers.putIfAbsent(path, handler) != null) {
        throw new IllegalArgumentException("there are two handlers for " + path);
      }
      return this;
    }

    /**
     * Sets how many requests are handled at once; 16 if it is not given. Further ones get 503. A
     * response of events counts for as long as it is open. Probes are not counted.
     */
    public Builder maxRequests(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("maxRequests " + count + " is not positive");
      }
      maxRequests = count;
      return this;
    }

    /** Sets how many bytes the body of a request may have; 1 MiB if it is not given. */
    public Builder maxBodySize(long bytes) {
      if (bytes < 0) {
        throw new IllegalArgumentException("maxBodySize " + bytes + " is negative");
      }
      bodyLimit = bytes;
      return this;
    }

    /**
     * Starts to listen.
     *
     * @throws IllegalStateException if the port is taken, the files of TLS cannot be used, or the
     *     address is open to others without a guard
     */
    public ManagementServer start() {
      InetAddress address;
      try {
        address = InetAddress.getByName(host);
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException("host '" + host + "' has no address", e);
      }
      boolean guarded =
          token != null || unauthenticated || (tls != null && tls.trust().isPresent());
      if (!address.isLoopbackAddress() && !guarded) {
        throw new IllegalStateException(
            "others can reach the management server on "
                + host
                + ": add bearerToken(...), tls(...) with authorities to trust, or"
                + " allowUnauthenticated() where the network guards it");
      }
      return new ManagementServer(this, address);
    }
  }
}
