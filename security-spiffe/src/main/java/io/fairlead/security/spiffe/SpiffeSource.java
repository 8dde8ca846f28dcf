package io.fairlead.security.spiffe;

import io.fairlead.security.TlsFiles;
import io.fairlead.security.spiffe.internal.X509SVIDResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that an agent of SPIFFE, such as SPIRE, gives to this process, and the
 * authorities of its trust domain. The agent replaces both while they are used:
 *
 * <pre>{@code
 * SpiffeSource identity = SpiffeSource.builder().start();
 * RpcServer.builder("inventory").tls(identity.forServer())
 * RpcChannel.to("etcd:///pricing").tls(identity.forClient("spiffe://shop.example/pricing"))
 * }</pre>
 *
 * <p>Nothing is written to a disk. While the agent is away, the last certificate is used until it
 * expires. Safe for use by many threads. Whoever starts it closes it, after the servers and
 * channels that use it.
 */
public final class SpiffeSource implements AutoCloseable {
  /** Where agents are, by the specification. */
  public static final String SOCKET_VARIABLE = "SPIFFE_ENDPOINT_SOCKET";

  private static final System.Logger LOG = System.getLogger(SpiffeSource.class.getName());
  private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
  private static final Duration MAX_BACKOFF = Duration.ofSeconds(30);

  private static final Path CHAIN = Path.of("SPIFFE", "svid.pem");
  private static final Path KEY = Path.of("SPIFFE", "svid.key");
  private static final Path BUNDLE = Path.of("SPIFFE", "bundle.pem");

  private final @Nullable String wanted;
  private final Set<String> domains;
  private final Duration checkInterval;
  private final Agent agent;
  private final ScheduledExecutorService scheduler;
  private final boolean ownScheduler;
  private final InstantSource clock;
  private final DoubleSupplier random;
  private final CompletableFuture<Void> first = new CompletableFuture<>();

  private volatile @Nullable Svid svid;
  private volatile @Nullable String failure;
  private final AtomicLong updates = new AtomicLong();

  // Of the scheduler's thread alone.
  private Agent.@Nullable Stream stream;

  /** Of the stream; what others still say is not heard. */
  private @Nullable Heard listener;

  /** Whether the stream has brought anything. */
  private boolean answered;

  private @Nullable ScheduledFuture<?> lateCheck;
  private int failures;
  private boolean closed;

  private SpiffeSource(
      Builder builder,
      Agent agent,
      ScheduledExecutorService scheduler,
      boolean ownScheduler,
      InstantSource clock,
      DoubleSupplier random) {
    this.wanted = builder.spiffeId;
    this.domains = Set.copyOf(builder.domains);
    this.checkInterval = builder.checkInterval;
    this.agent = agent;
    this.scheduler = scheduler;
    this.ownScheduler = ownScheduler;
    this.clock = clock;
    this.random = random;
  }

  /** Returns a builder for the agent that the environment names. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the certificate for a server. Each client needs a certificate of the same trust domain,
   * or of one that is {@linkplain Builder#federate federated}; which of them may call is for an
   * authorizer, by {@code PeerIdentity.spiffeId()}.
   */
  public TlsFiles forServer() {
    return files().build();
  }

  /**
   * Returns the certificate for a channel. Its servers are known by their SPIFFE id, not by their
   * name.
   *
   * @param serverIds of which a server must have one; one that ends with {@code *} stands for all
   *     that begin like it
   */
  public TlsFiles forClient(String... serverIds) {
    if (serverIds.length == 0) {
      throw new IllegalArgumentException(
          "forClient() names no server, so each process of the trust domain could answer; name"
              + " one, such as spiffe://shop.example/pricing");
    }
    return files().serverIds(serverIds).build();
  }

  private TlsFiles.Builder files() {
    TlsFiles.Builder files =
        TlsFiles.builder()
            .certificate(CHAIN, KEY)
            .trust(BUNDLE)
            .checkInterval(checkInterval)
            .reader(this::read);
    domains.forEach(domain -> files.trustDomain(domain, bundleOf(domain)));
    return files;
  }

  private static Path bundleOf(String domain) {
    return Path.of("SPIFFE", "federated", domain + ".pem");
  }

  private String read(Path file) {
    Svid known = svid;
    if (known == null) {
      throw new UncheckedIOException(new IOException("the agent has not sent a certificate yet"));
    }
    if (file.equals(CHAIN)) {
      return known.chain();
    }
    if (file.equals(KEY)) {
      return known.key();
    }
    return domains.stream()
        .filter(domain -> file.equals(bundleOf(domain)))
        .findFirst()
        .map(known::federated)
        .orElseGet(known::bundle);
  }

  /** Returns how it stands. */
  public SpiffeStatus status() {
    Svid known = svid;
    return new SpiffeStatus(
        known == null ? null : known.id(),
        known == null ? null : known.expiry(),
        updates.get(),
        failure);
  }

  /**
   * Returns whether the certificate is valid now; a readiness check. An agent that is away does not
   * change it until the certificate has expired.
   *
   * @throws IllegalStateException if it is not; the message says why
   */
  public boolean ready() {
    SpiffeStatus status = status();
    Instant expiry = status.expiry().orElse(null);
    if (expiry == null || clock.instant().isAfter(expiry)) {
      throw new IllegalStateException(
          (expiry == null
                  ? "the agent has not given a certificate"
                  : "the certificate " + status.spiffeId().orElse("") + " has ended at " + expiry)
              + status.failure().map(why -> ": " + why).orElse(""));
    }
    return true;
  }

  private void connect() {
    if (!closed) {
      Heard next = new Heard();
      listener = next;
      answered = false;
      try {
        stream = agent.open(next);
      } catch (RuntimeException e) {
        failed("the agent cannot be asked: " + e);
      }
    }
  }

  /** Hands on to the scheduler what a stream says. */
  private final class Heard implements Agent.Listener {
    @Override
    public void received(X509SVIDResponse response) {
      later(
          () -> {
            if (listener == this) {
              take(response);
            }
          });
    }

    @Override
    public void ended(String why) {
      later(
          () -> {
            if (listener == this) {
              failed(why);
            }
          });
    }
  }

  private void later(Runnable task) {
    try {
      scheduler.execute(task);
    } catch (RejectedExecutionException closing) {
      // Nobody uses it any more.
    }
  }

  private void take(X509SVIDResponse response) {
    if (closed) {
      return;
    }
    answered = true;
    Svid next;
    try {
      next = Svid.of(response, wanted, domains);
    } catch (UnusableSvidException e) {
      note(String.valueOf(e.getMessage()));
      return;
    }
    Svid before = svid;
    if (failure != null || before == null) {
      LOG.log(Level.INFO, "the agent of SPIFFE gave this process the certificate {0}", next);
    }
    failure = null;
    failures = 0;
    if (!next.sameAs(before)) {
      svid = next;
      updates.incrementAndGet();
      warnOfUnknownDomains(next);
      checkWhenLate(next);
    }
    first.complete(null);
  }

  private void warnOfUnknownDomains(Svid next) {
    for (String domain : domains) {
      if (next.federated(domain).isEmpty()) {
        LOG.log(
            Level.WARNING,
            "the agent of SPIFFE sent no authorities of the trust domain {0}, so nobody of it is"
                + " trusted; let the registration of {1} federate with it",
            domain,
            next.id());
      }
    }
  }

  private void checkWhenLate(Svid known) {
    if (lateCheck != null) {
      lateCheck.cancel(false);
    }
    Instant now = clock.instant();
    Duration untilLate = Duration.between(now, known.late());
    // Once it is late, in the time that is left: more and more often.
    Duration again = Duration.between(now, known.expiry()).dividedBy(4);
    long millis =
        Math.max(MAX_BACKOFF.toMillis(), Math.max(untilLate.toMillis(), again.toMillis()));
    lateCheck = scheduler.schedule(() -> late(known), millis, TimeUnit.MILLISECONDS);
  }

  /**
   * The certificate should have been replaced. An agent that hangs does not end its stream, so a
   * new one is opened in its place. One that ended is opened again by itself.
   */
  private void late(Svid known) {
    if (closed) {
      return;
    }
    if (stream != null) {
      if (!answered) {
        note("the agent took a new stream and does not answer on it");
      }
      Agent.Stream silent = stream;
      stream = null;
      connect();
      silent.close();
    }
    checkWhenLate(known);
  }

  private void failed(String why) {
    stream = null;
    listener = null;
    if (closed) {
      return;
    }
    note(why);
    long nanos = Math.min(FIRST_BACKOFF.toNanos() << Math.min(failures, 10), MAX_BACKOFF.toNanos());
    failures++;
    var unused =
        scheduler.schedule(
            this::connect,
            // Earlier by up to a fifth: all processes of a node lose their agent together.
            (long) (nanos * (1 - 0.2 * random.getAsDouble())),
            TimeUnit.NANOSECONDS);
  }

  /** One line until the agent gives a certificate again, whatever fails meanwhile. */
  private void note(String why) {
    boolean logged = failure != null;
    failure = why;
    if (!logged) {
      Svid known = svid;
      LOG.log(
          Level.WARNING,
          "{0}; {1}",
          why,
          known == null
              ? "this process has no certificate yet"
              : "the certificate " + known + " stays in use");
    }
  }

  /** Lets go of the agent. Servers and channels keep the certificate that they have. */
  @Override
  public void close() {
    later(
        () -> {
          closed = true;
          if (stream != null) {
            stream.close();
          }
          agent.close();
          if (ownScheduler) {
            scheduler.shutdown();
          }
        });
  }

  /** Returns the status on one line. */
  @Override
  public String toString() {
    return "SpiffeSource[" + status() + "]";
  }

  /** Collects what a source is to be. Not safe for use by many threads. */
  public static final class Builder {
    private @Nullable String socket;
    private @Nullable String spiffeId;
    private final Set<String> domains = new LinkedHashSet<>();
    private Duration startTimeout = Duration.ofSeconds(30);
    private Duration checkInterval = Duration.ofSeconds(1);

    private Builder() {}

    /**
     * Sets the socket of the agent, as {@code unix:///run/spire/agent.sock} or as a path. Default:
     * the environment variable {@value SpiffeSource#SOCKET_VARIABLE}.
     */
    public Builder socket(String address) {
      this.socket = Objects.requireNonNull(address, "address");
      return this;
    }

    /** Sets the id that is used if the process has several. Default: the agent's first. */
    public Builder spiffeId(String id) {
      this.spiffeId = Objects.requireNonNull(id, "id");
      return this;
    }

    /**
     * Trusts certificates of another trust domain too, by the authorities that the agent sends for
     * it. Without it such a certificate is refused, whatever the agent sends. Which of its
     * processes may call is for an authorizer.
     *
     * @param trustDomain such as {@code partner.example}; the registration of this process has to
     *     federate with it
     */
    public Builder federate(String trustDomain) {
      if (!trustDomain.matches("[a-z0-9._-]+")) {
        throw new IllegalArgumentException(
            "\"" + trustDomain + "\" is no trust domain of SPIFFE; write it as partner.example");
      }
      domains.add(trustDomain);
      return this;
    }

    /** Sets how long {@link #start} waits for the first certificate. Default: 30s. */
    public Builder startTimeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("startTimeout is " + timeout + "; it must be positive");
      }
      this.startTimeout = timeout;
      return this;
    }

    /**
     * Sets how often servers and channels look whether the agent gave a new certificate. It is used
     * when two looks in a row find the same. Default: 1s.
     */
    public Builder checkInterval(Duration interval) {
      this.checkInterval = Objects.requireNonNull(interval, "interval");
      return this;
    }

    /**
     * Asks the agent, and waits for the first certificate.
     *
     * @throws IllegalStateException if there is none in time; the message says why
     */
    public SpiffeSource start() {
      Path path = path(socket == null ? System.getenv(SOCKET_VARIABLE) : socket);
      ScheduledThreadPoolExecutor scheduler =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(task, "fairlead-spiffe");
                thread.setDaemon(true);
                return thread;
              });
      scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
      SpiffeSource source =
          new SpiffeSource(
              this,
              new SocketAgent(path),
              scheduler,
              true,
              InstantSource.system(),
              () -> ThreadLocalRandom.current().nextDouble());
      source.later(source::connect);
      source.awaitFirst(startTimeout);
      return source;
    }

    /** With the agent and the time of a test; does not wait. */
    SpiffeSource open(Agent agent, ScheduledExecutorService scheduler, InstantSource clock) {
      SpiffeSource source = new SpiffeSource(this, agent, scheduler, false, clock, () -> 0);
      source.later(source::connect);
      return source;
    }

    static Path path(@Nullable String address) {
      if (address == null || address.isBlank()) {
        throw new IllegalStateException(
            "nobody says where the agent of SPIFFE is; set "
                + SOCKET_VARIABLE
                + " to its socket, such as unix:///run/spire/agent.sock, or call socket(...)");
      }
      if (address.startsWith("/")) {
        return Path.of(address);
      }
      try {
        URI uri = new URI(address);
        String path = uri.getPath();
        if ("unix".equals(uri.getScheme())
            && uri.getAuthority() == null
            && path != null
            && path.startsWith("/")) {
          return Path.of(path);
        }
      } catch (java.net.URISyntaxException e) {
        // The message below says how it is to be.
      }
      throw new IllegalStateException(
          "the address \""
              + address
              + "\" is no Unix-domain socket; write it as unix:///run/spire/agent.sock. An agent"
              + " over TCP is not supported: it cannot know who asks");
    }
  }

  private void awaitFirst(Duration timeout) {
    boolean interrupted = false;
    try {
      first.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      return;
    } catch (TimeoutException e) {
      // Below, with the reason of the agent.
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
    String why = failure;
    close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    throw new IllegalStateException(
        "no certificate of SPIFFE within "
            + timeout.toMillis()
            + " ms: "
            + (why == null ? "the agent does not answer" : why));
  }
}
