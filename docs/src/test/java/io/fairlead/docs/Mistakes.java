package io.fairlead.docs;

import static io.fairlead.docs.Trials.at50051;
import static io.fairlead.docs.Trials.call;
import static io.fairlead.docs.Trials.callServer;
import static io.fairlead.docs.Trials.failure;
import static io.fairlead.docs.Trials.inventory;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.docs.Trials.Shelves;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.server.RpcServer;
import io.fairlead.testkit.LogCapture;
import io.grpc.ServerServiceDefinition;
import io.grpc.TlsChannelCredentials;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import shop.v1.Inventory;
import shop.v1.InventoryAsync;
import shop.v1.InventoryRpc;
import shop.v1.Reservation;
import shop.v1.ReserveRequest;

/** What a newcomer is most likely to get wrong, in the order in which one meets it. */
final class Mistakes {
  private static final String IMPORT = "import \"fairlead/options.proto\";";

  /** The way out where the message itself has it. */
  private static final String THE_MESSAGE_SAYS_IT = "";

  static final List<Mistake> ALL =
      List.of(
          new Mistake(
              "The generator is not on the path",
              "`protoc --fairlead_out=. shop.proto`, and `protoc-gen-fairlead` is in none of the"
                  + " folders of the PATH.",
              GeneratorTrial::withoutThePlugin,
              "Put the executable into one of them, or name its path with"
                  + " `--plugin=protoc-gen-fairlead=...`. Maven and Gradle take it from its"
                  + " coordinates: [codegen.md](codegen.md)."),
          new Mistake(
              "An option that does not exist",
              "`option (fairlead.method).deadlin = \"2s\";`",
              () -> GeneratorTrial.withOption(IMPORT, "option (fairlead.method).deadlin = \"2s\";"),
              "Correct the name; the tables in [contracts.md](contracts.md) have all of them. protoc"
                  + " refuses the contract before it starts the generator, so nothing can be"
                  + " suggested."),
          new Mistake(
              "A field that does not exist in a block of options",
              "`option (fairlead.method) = { retry: { atempts: 3 } };`",
              () ->
                  GeneratorTrial.withOption(
                      IMPORT, "option (fairlead.method) = { retry: { atempts: 3 } };"),
              "Correct the name. `fairlead.Policy`, `fairlead.Retry` and so on are the messages of"
                  + " `fairlead/options.proto`."),
          new Mistake(
              "A value that does not exist",
              "`option (fairlead.method) = { balancer: ROUND_ROBBIN };`",
              () ->
                  GeneratorTrial.withOption(
                      IMPORT, "option (fairlead.method) = { balancer: ROUND_ROBBIN };"),
              "Correct the name; [balancing.md](balancing.md) lists the balancers."),
          new Mistake(
              "The import of the options is missing",
              "`option (fairlead.method).deadline = \"2s\";` in a file without `import"
                  + " \"fairlead/options.proto\";`.",
              () -> GeneratorTrial.withOption("", "option (fairlead.method).deadline = \"2s\";"),
              "Add `import \"fairlead/options.proto\";`."),
          new Mistake(
              "Nobody listens on that port",
              "`RpcChannel.to(\"127.0.0.1:1\")`, and the server is elsewhere.",
              () -> call("127.0.0.1:1", Mistakes::patient),
              "Compare with the port in the server's log line `BOUND: listening on port ...`."),
          new Mistake(
              "The port is taken",
              "A second server on the port of the first.",
              Mistakes::takenPort,
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "A server without a service",
              "`RpcServer.builder(\"inventory\").start()`",
              () -> failure(() -> RpcServer.builder("inventory").start()),
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "start() is forgotten",
              "`RpcServer.builder(\"inventory\").service(...)`, and no `start()`.",
              Mistakes::neverStarted,
              "Call `start()`, and keep what it returns. The warning comes when the builder is"
                  + " collected, with the place where it was made."),
          new Mistake(
              "The server serves something else",
              "The address is that of another team's server.",
              () ->
                  callServer(
                      ServerServiceDefinition.builder("shop.v1.Billing").build(),
                      Mistakes::patient),
              "Look at what it serves: `grpcurl -plaintext 127.0.0.1:50051 list`."),
          new Mistake(
              "The method is not implemented",
              "The handler does not override `reserve`.",
              () -> callServer(InventoryRpc.bind(new Inventory() {}), Mistakes::patient),
              "Override it in the class that is bound on the server; its log says which class"
                  + " that is."),
          new Mistake(
              "The handler throws",
              "`throw new IllegalStateException(...)` in a handler.",
              () -> callServer(InventoryRpc.bind(new Throwing()), Mistakes::patient),
              "The stack trace is in the server's log, under the method's name; it never goes over"
                  + " the wire. For a code that callers understand, throw"
                  + " `Status.NOT_FOUND.withDescription(...).asRuntimeException()`."),
          new Mistake(
              "Blocking in an async handler",
              "A handler bound with `bindAsync` makes a blocking call.",
              Mistakes::blockingOnTheLoop,
              "Use `asyncClient(...)` there, or bind the handler with `bind`. A handler that holds"
                  + " an event loop in another way, for example with `Thread.sleep`, is reported"
                  + " once after 100ms, with its stack."),
          new Mistake(
              "The deadline is too short",
              "The contract says `deadline: \"300ms\"`, and the handler takes longer.",
              Mistakes::tooSlow,
              "Give the method the time it needs, in the contract or with"
                  + " `CallSettings.builder().deadline(...)`."),
          new Mistake(
              "The message is too large",
              "The request is larger than `max_request_bytes`, which is 4 MiB by default.",
              Mistakes::tooLarge,
              "Raise the limit in the contract, or send the data as a stream of parts."),
          new Mistake(
              "TLS against plaintext",
              "The channel has `TlsChannelCredentials`, and the server has no certificate.",
              () ->
                  callServer(
                      InventoryRpc.bind(new Shelves()),
                      builder -> patient(builder).credentials(TlsChannelCredentials.create())),
              "Give the server a certificate with `tls(...)`, or leave the channel's credentials"
                  + " out."),
          new Mistake(
              "A call after close",
              "The channel was closed, for example at the end of a `try` block.",
              Mistakes::afterClose,
              "Keep one channel for as long as the application runs."),
          new Mistake(
              "etcd does not run",
              "`RpcChannel.to(\"etcd://127.0.0.1:1/inventory\")`, and no etcd is there.",
              () -> call("etcd://127.0.0.1:1/inventory", Mistakes::patient),
              "Start etcd, or correct its address. Once etcd answers, the channel continues by"
                  + " itself."),
          new Mistake(
              "The service's name is misspelt",
              "`RpcChannel.to(\"etcd://127.0.0.1:2379/inventori\")`, and the server registered"
                  + " itself as `inventory`.",
              Mistakes::misspelt,
              "Compare the name with what etcd has:"
                  + " `etcdctl --endpoints=127.0.0.1:2379 get --prefix --keys-only \"\"`."),
          new Mistake(
              "No registry for the target",
              "`RpcChannel.to(\"etcd:///inventory\")`",
              () -> failure(() -> RpcChannel.to("etcd:///inventory").build()),
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "The registry's module is missing",
              "`RpcChannel.to(\"consul://127.0.0.1:8500/inventory\")`",
              () -> failure(() -> RpcChannel.to("consul://127.0.0.1:8500/inventory").build()),
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "A policy for a method that does not exist",
              "`.policy(\"shop.v1.Inventory/Reserv\", policy)`",
              () ->
                  failure(
                      () ->
                          RpcChannel.to("127.0.0.1:50051")
                              .service(InventoryRpc.service())
                              .policy("shop.v1.Inventory/Reserv", MethodPolicy.empty())
                              .build()),
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "A retry for a method that must not run twice",
              "`.policy(\"shop.v1.Inventory/Import\", ...retry(...))`, and the contract does not"
                  + " say that `Import` is idempotent.",
              () ->
                  failure(
                      () ->
                          RpcChannel.to("127.0.0.1:50051")
                              .service(InventoryRpc.service())
                              .policy(
                                  "shop.v1.Inventory/Import",
                                  MethodPolicy.builder()
                                      .retry(RetryPolicy.builder().attempts(3).build())
                                      .build())
                              .build()),
              THE_MESSAGE_SAYS_IT),
          new Mistake(
              "A balancer that does not exist",
              "`.policy(\"shop.v1.Inventory\", ...balancer(\"roundrobin\"))`",
              () ->
                  failure(
                      () ->
                          RpcChannel.to("127.0.0.1:50051")
                              .service(InventoryRpc.service())
                              .policy(
                                  "shop.v1.Inventory",
                                  MethodPolicy.builder().balancer("roundrobin").build())
                              .build()),
              THE_MESSAGE_SAYS_IT));

  /** Which of the loops it was differs. */
  private static final Pattern LOOP = Pattern.compile("(fairlead-server-loop)-\\d+-\\d+");

  private Mistakes() {}

  /** Long enough for a slow machine to find out what is wrong, and no retries. */
  private static RpcChannel.Builder patient(RpcChannel.Builder builder) {
    return builder
        .service(InventoryRpc.service())
        .policy(
            InventoryRpc.RESERVE.fullName(),
            MethodPolicy.builder()
                .deadline(Duration.ofSeconds(30))
                .failureMode(FailureMode.FAILFAST)
                .build());
  }

  private static String takenPort() throws Exception {
    try (RpcServer first = inventory().start()) {
      return failure(() -> inventory().port(first.port()).start())
          .replace("port " + first.port(), "port 50051");
    }
  }

  private static String neverStarted() {
    try (LogCapture warnings = LogCapture.of("io.fairlead.server.RpcServer")) {
      forget();
      return warnings.awaitFirst(System::gc);
    }
  }

  /** In a method of its own, so that nothing refers to the builder afterwards. */
  private static void forget() {
    Objects.requireNonNull(inventory());
  }

  private static String blockingOnTheLoop() throws Exception {
    try (LogCapture log = LogCapture.of("io.fairlead.contract.server.ServiceBinding");
        RpcServer other = inventory().start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + other.port()).build()) {
      Inventory blocking = InventoryRpc.client(channel);
      InventoryAsync handler =
          new InventoryAsync() {
            @Override
            public CompletionStage<Reservation> reserve(ReserveRequest request) {
              return CompletableFuture.completedFuture(blocking.reserve(request));
            }
          };
      String caller = callServer(InventoryRpc.bindAsync(handler), Mistakes::patient);
      return caller
          + "\n\nin the server's log: "
          + LOOP.matcher(log.awaitFirst(() -> {})).replaceAll("$1");
    }
  }

  /** With the contract's deadline; a first call, which may take longer, makes the connection. */
  private static String tooSlow() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicBoolean connected = new AtomicBoolean();
    Inventory slow =
        new Inventory() {
          @Override
          public Reservation reserve(ReserveRequest request) {
            try {
              if (connected.getAndSet(true)) {
                over.await();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return Reservation.getDefaultInstance();
          }
        };
    try (RpcServer server =
            RpcServer.builder("inventory").port(0).service(InventoryRpc.bind(slow)).start();
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:" + server.port())
                .service(InventoryRpc.service())
                .policy(
                    InventoryRpc.RESERVE.fullName(),
                    MethodPolicy.builder().failureMode(FailureMode.FAILFAST).build())
                .build()) {
      CallSettings patient = CallSettings.builder().deadline(Duration.ofSeconds(30)).build();
      Reservation unused =
          InventoryRpc.client(channel.with(patient)).reserve(ReserveRequest.getDefaultInstance());
      String message = call(channel, ReserveRequest.getDefaultInstance());
      over.countDown();
      return at50051(server, message);
    }
  }

  private static String tooLarge() throws Exception {
    ReserveRequest large = ReserveRequest.newBuilder().setSku("x".repeat(5_000_000)).build();
    try (RpcServer server = inventory().start();
        RpcChannel channel = patient(RpcChannel.to("127.0.0.1:" + server.port())).build()) {
      return at50051(server, call(channel, large));
    }
  }

  private static String afterClose() throws Exception {
    RpcChannel channel = patient(RpcChannel.to("127.0.0.1:50051")).build();
    channel.close();
    return call(channel, ReserveRequest.getDefaultInstance());
  }

  private static String misspelt() throws Exception {
    try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
        EtcdRegistry registry = EtcdRegistry.connect(etcd.endpoint());
        RpcServer server = inventory().registry(registry).allowLoopback().start()) {
      String message = call("etcd://" + etcd.address() + "/inventori", Mistakes::patient);
      return at50051(server, message).replace(etcd.address(), "127.0.0.1:2379");
    }
  }

  private static final class Throwing implements Inventory {
    @Override
    public Reservation reserve(ReserveRequest request) {
      throw new IllegalStateException("the shelf is on fire");
    }
  }
}
