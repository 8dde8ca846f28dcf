package io.fairlead.server.internal.stack;

import io.fairlead.contract.internal.stream.CopyingMarshallers;
import io.fairlead.contract.server.ServiceBinding;
import io.fairlead.observe.ServerCallOutcome.Kind;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.security.Authorizer;
import io.fairlead.server.internal.admission.AdmissionController;
import io.fairlead.server.internal.admission.AdmissionInterceptor;
import io.fairlead.server.internal.call.ServerMethodConfig;
import io.fairlead.server.internal.observe.ServerCallRecorderFactory;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The layers around every method of a server.
 *
 * <p>They are assembled once, at the start, or when a gateway adds a service, and {@link #wrap} has
 * the reason for the place of each. A layer that a method does not need is not there, so a plain
 * method pays for the deadline alone. {@code toString()} prints what was assembled.
 */
public final class ServerStack {
  /** What contracts and gRPC promise where nothing is said. */
  private static final int DEFAULT_MAX_REQUEST_BYTES = 4 << 20;

  private final ServerAccessConfig access;
  private final ServerExecutors executors;
  private final LongSupplier ticker;

  /** Whether services may follow after the start. */
  private final boolean grows;

  private final AdmissionController admission;
  private final List<ServerServiceDefinition> services = new ArrayList<>();
  private final Map<String, ServerCallHandler<?, ?>> stacks = new LinkedHashMap<>();
  private final Map<String, ServerMethodConfig> methods = new LinkedHashMap<>();
  private final @Nullable ServerCallRecorderFactory recorders;

  /** The application's methods, for records of calls. Read by every call, so without a lock. */
  private final Map<String, Kind> served = new ConcurrentHashMap<>();

  private ServerStack(
      List<ServerServiceDefinition> handlers,
      List<ServerServiceDefinition> standard,
      ServerAccessConfig access,
      ServerExecutors executors,
      boolean grows,
      LongSupplier ticker,
      DoubleSupplier random) {
    this.access = access;
    this.executors = executors;
    this.ticker = ticker;
    learn(handlers, descriptor -> ServerMethodConfig.of(descriptor, access.policies()));
    StartupChecks.checkMethods(methods.values(), access);
    this.grows = grows;
    AdmissionController.unknownNames(access.limits(), methods.keySet())
        .filter(unknown -> !grows)
        .ifPresent(
            unknown -> {
              throw new IllegalStateException(unknown);
            });
    this.admission =
        new AdmissionController(
            access.limits(), methods.values(), executors.timer(), ticker, random);
    // After the admission's: policies and limits are for what the application serves.
    methods.forEach((name, method) -> served.put(name, kind(method)));
    learn(standard, ServerMethodConfig::builtIn);
    this.recorders =
        access.observers().isEmpty()
            ? null
            : new ServerCallRecorderFactory(access.observers(), served, methods.keySet(), ticker);
  }

  private static Kind kind(ServerMethodConfig method) {
    return method.unary() ? Kind.UNARY : Kind.STREAM;
  }

  private void learn(
      List<ServerServiceDefinition> of,
      Function<MethodDescriptor<?, ?>, ServerMethodConfig> reader) {
    for (ServerServiceDefinition service : of) {
      for (ServerMethodDefinition<?, ?> definition : service.getMethods()) {
        ServerMethodConfig method = reader.apply(definition.getMethodDescriptor());
        methods.put(method.name(), method);
      }
    }
  }

  /**
   * Assembles the layers around every handler.
   *
   * @param handlers the application's services
   * @param standard services about the server itself: neither authorized nor limited, so that
   *     probes see a server that is overloaded, not one that is dead; nor intercepted or observed
   * @param grows whether more services may follow by {@link #layered}
   */
  public static ServerStack assemble(
      List<ServerServiceDefinition> handlers,
      List<ServerServiceDefinition> standard,
      ServerAccessConfig access,
      ServerExecutors executors,
      boolean grows,
      LongSupplier ticker,
      DoubleSupplier random) {
    StartupChecks.checkServices(handlers, standard);
    StartupChecks.checkPolicies(handlers, access.policies(), grows);
    ServerStack stack =
        new ServerStack(handlers, standard, access, executors, grows, ticker, random);
    handlers.forEach(service -> stack.services.add(stack.wrap(service, true)));
    standard.forEach(service -> stack.services.add(stack.wrap(service, false)));
    return stack;
  }

  /** Returns whether an authorizer decides about calls. */
  public boolean authorizes() {
    return access.authorizer() != null;
  }

  /**
   * Assembles the layers of a service that came after the start; the transport does not serve it.
   * If it came before, its limits begin anew.
   *
   * @throws IllegalStateException for what would have stopped the start
   */
  public synchronized ServerServiceDefinition layered(ServerServiceDefinition service) {
    List<ServerMethodConfig> added = new ArrayList<>();
    for (ServerMethodDefinition<?, ?> definition : service.getMethods()) {
      added.add(ServerMethodConfig.of(definition.getMethodDescriptor(), access.policies()));
    }
    StartupChecks.checkMethods(added, access);
    for (ServerMethodConfig method : added) {
      methods.put(method.name(), method);
      served.put(method.name(), kind(method));
    }
    return wrap(service, true);
  }

  /** Assembles the layers of all methods of a service, around its own handlers. */
  private ServerServiceDefinition wrap(ServerServiceDefinition service, boolean guarded) {
    ServiceDescriptor given = service.getServiceDescriptor();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(given.getName())
            .setSchemaDescriptor(given.getSchemaDescriptor());
    List<ServerMethodDefinition<?, ?>> wrapped = new ArrayList<>();
    for (MethodDescriptor<?, ?> method : given.getMethods()) {
      ServerMethodDefinition<?, ?> served = service.getMethod(method.getFullMethodName());
      wrapped.add(wrap(Objects.requireNonNull(served, method.getFullMethodName()), guarded));
    }
    wrapped.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder whole = ServerServiceDefinition.builder(descriptor.build());
    wrapped.forEach(whole::addMethod);
    return whole.build();
  }

  /** The stack of one method, from the handler up. */
  private <Q, R> ServerMethodDefinition<Q, R> wrap(
      ServerMethodDefinition<Q, R> definition, boolean guarded) {
    String name = definition.getMethodDescriptor().getFullMethodName();
    ServerMethodConfig method = Objects.requireNonNull(methods.get(name), name);
    ServerCallHandler<Q, R> stack = definition.getServerCallHandler();
    // Nearest to the handler: everything above decides quickly, on the event loop. Our own bindings
    // leave it by themselves, exactly where they have to; of all others we assume that they block.
    if (!ServiceBinding.isBound(definition)) {
      stack =
          new InterceptedHandler<>(
              new OffloadInterceptor(executors.handlers()::run, executors.reserve()),
              new NamedHandler<>(stack));
    }
    // Around the handler alone: its time and its failures are not those of the layers above.
    if (guarded && recorders != null) {
      stack = new InterceptedHandler<>(ObserveHandlerInterceptor.INSTANCE, stack);
    }
    // The rules on messages see them as the handler does, and only of calls that were let in.
    stack = withMessageRules(stack, method);
    if (guarded) {
      // Of a stream, the application's code may also run for an event.
      boolean keepsContext =
          ServiceBinding.isBound(definition) && method.unary() && access.interceptors().isEmpty();
      stack = withAccessControl(stack, method, keepsContext);
    }
    // Before anything that costs work or counts a call: nobody waits for this answer.
    stack = new InterceptedHandler<>(DeadlineInterceptor.INSTANCE, stack);
    if (!ServiceBinding.isBound(definition) || (guarded && !access.interceptors().isEmpty())) {
      stack =
          new InterceptedHandler<>(
              new RequestGuardInterceptor(definition.getMethodDescriptor()), stack);
    }
    if (definition.getMethodDescriptor().getType().clientSendsOneMessage()) {
      stack = new InterceptedHandler<>(new StallInterceptor(access.stallTimeout(), name), stack);
    }
    // Outermost: observers hear of every call, however it ends.
    if (guarded && recorders != null) {
      stack = new InterceptedHandler<>(ObserveInterceptor.INSTANCE, stack);
    }
    stacks.put(method.name(), stack);
    return ServerMethodDefinition.create(
        onTheWire(definition.getMethodDescriptor(), maxRequestBytes(method)), stack);
  }

  /** The method as the transport is to see it. */
  private <Q, R> MethodDescriptor<Q, R> onTheWire(MethodDescriptor<Q, R> method, int maxBytes) {
    // Requests cross to another thread, or wait for a permit, before they are read.
    MethodDescriptor<Q, R> copying = CopyingMarshallers.requests(method);
    RequestMarshaller<Q> requests =
        new RequestMarshaller<>(
            copying.getRequestMarshaller(), method.getFullMethodName(), maxBytes, ticker);
    return copying.toBuilder(requests, method.getResponseMarshaller())
        .setType(
            // grpc-java resets a call with a second request; the layers answer it.
            switch (method.getType()) {
              case UNARY -> MethodType.CLIENT_STREAMING;
              case SERVER_STREAMING -> MethodType.BIDI_STREAMING;
              default -> method.getType();
            })
        .build();
  }

  /** Adds the rules on messages that the method has: compression, sizes, idle time. */
  private <Q, R> ServerCallHandler<Q, R> withMessageRules(
      ServerCallHandler<Q, R> handler, ServerMethodConfig method) {
    ServerCallHandler<Q, R> stack = handler;
    MethodPolicy policy = method.policy();
    String encoding = policy.compression().orElse("identity");
    if (!encoding.equals("identity")) {
      stack = new InterceptedHandler<>(new CompressionInterceptor(encoding), stack);
    }
    if (policy.maxResponseBytes().isPresent()) {
      stack = new InterceptedHandler<>(new SizeInterceptor(policy.maxResponseBytes().get()), stack);
    }
    // Above the sizes: a message that is refused was still said.
    if (policy.idleTimeout().isPresent() && !method.unary()) {
      stack =
          new InterceptedHandler<>(
              new IdleInterceptor(policy.idleTimeout().get(), executors.timer(), ticker), stack);
    }
    return stack;
  }

  /** Adds what decides whether a call may run: admission, interceptors, the authorizer. */
  private <Q, R> ServerCallHandler<Q, R> withAccessControl(
      ServerCallHandler<Q, R> handler, ServerMethodConfig method, boolean keepsContext) {
    ServerCallHandler<Q, R> stack = handler;
    // Below authorize and interceptors: an unknown caller must not take a permit, and limits for
    // each caller need the caller.
    AdmissionInterceptor limits = admission.admission(method, access.live() != null);
    if (limits != null) {
      stack = new InterceptedHandler<>(limits, stack);
    }
    // Below authorize: they know the caller. Above admission: what they refuse takes no permit, and
    // they see what admission rejects. The last one wrapped is outermost.
    for (int i = access.interceptors().size() - 1; i >= 0; i--) {
      stack =
          new InterceptedHandler<>(
              new ApplicationInterceptor(access.interceptors().get(i), method.name()), stack);
    }
    Authorizer authorizer = access.authorizer();
    if (authorizer != null && !access.methods().isOpen(method)) {
      stack =
          new InterceptedHandler<>(
              new AuthInterceptor(authorizer, method.name(), method.scopes(), keepsContext), stack);
    }
    return stack;
  }

  public List<ServerServiceDefinition> services() {
    return services;
  }

  /**
   * Sets other limits while calls run.
   *
   * @param from where they come from, for operators
   * @throws IllegalArgumentException if one is for a method that is not served
   */
  public void changeLimits(ConcurrencyLimits limits, String from) {
    AdmissionController.unknownNames(limits, served.keySet())
        .filter(unknown -> !grows)
        .ifPresent(
            unknown -> {
              throw new IllegalArgumentException(unknown);
            });
    admission.change(limits, from);
  }

  public AdmissionController admission() {
    return admission;
  }

  /** Begins the records of calls; null if nobody observes. */
  @Nullable
  public ServerCallRecorderFactory recorders() {
    return recorders;
  }

  /**
   * Returns the largest request of any method, which the transport must let pass. It is never below
   * the default: beyond its limit the transport cuts the call, and the caller is not told why.
   */
  public synchronized int largestRequest() {
    return methods.values().stream()
        .mapToInt(ServerStack::maxRequestBytes)
        .reduce(DEFAULT_MAX_REQUEST_BYTES, Math::max);
  }

  private static int maxRequestBytes(ServerMethodConfig method) {
    return method.policy().maxRequestBytes().orElse(DEFAULT_MAX_REQUEST_BYTES);
  }

  @Override
  public synchronized String toString() {
    StringBuilder text = new StringBuilder();
    stacks.forEach((name, stack) -> text.append(name).append(": ").append(stack).append('\n'));
    return text.toString();
  }
}
