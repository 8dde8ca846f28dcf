package io.fairlead.gateway.internal.call;

import com.google.protobuf.MessageLite;
import io.fairlead.gateway.internal.http.HttpExchange;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One call, given to the layers of a server as grpc-java would give it.
 *
 * <p>All that comes in, and every callback of the listener, happens on the event loop of the
 * exchange. What goes out may come from any thread, one at a time: messages are encoded and
 * compressed there, and the rest follows on the loop in the order of the calls. Fields without a
 * note belong to the loop.
 */
public final class GatewayCall<Q, R> extends ServerCall<Q, R> {
  private static final System.Logger LOG = System.getLogger(GatewayCall.class.getName());

  /** As grpc-java: above this many bytes that wait to leave, the handler should pause. */
  private static final int READY_BELOW = 32 << 10;

  private final ServerMethodDefinition<Q, R> definition;
  private final ServedMethod method;
  private final HttpExchange exchange;
  private final CallWriter writer;
  private final MessageEncoder encoder;
  private final List<ServerStreamTracer> tracers;
  private final Context.CancellableContext context;
  private final Attributes attributes;
  private final Deque<Request> arrived = new ArrayDeque<>();
  private Listener<Q> listener = new Listener<>() {};
  private int demand;
  private boolean inputEnded;
  private boolean halfClosed;
  private boolean delivering;
  private int received;
  private boolean over;

  /** Until the layers have given their listener, nothing may end the call: they would not hear. */
  private boolean starting = true;

  // Of whoever answers.
  private boolean headersSent;
  private boolean closeCalled;
  private int sent;
  private final Queue<Runnable> outbound = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean drainScheduled = new AtomicBoolean();
  private final AtomicInteger waitingBytes = new AtomicInteger();

  /** Also read by whoever answers. */
  private volatile boolean cancelled;

  private GatewayCall(
      ServerMethodDefinition<Q, R> definition,
      ServedMethod method,
      HttpExchange exchange,
      CallWriter writer,
      MessageEncoder encoder,
      List<ServerStreamTracer> tracers,
      Context.CancellableContext context) {
    this.definition = definition;
    this.method = method;
    this.exchange = exchange;
    this.writer = writer;
    this.encoder = encoder;
    this.tracers = tracers;
    this.context = context;
    this.attributes = exchange.request().connection().attributes();
  }

  /** Begins a call. Messages are to follow by {@link #receive}. */
  public static GatewayCall<?, ?> start(
      ServedMethod method,
      HttpExchange exchange,
      CallWriter writer,
      MessageEncoder encoder,
      Metadata headers,
      @Nullable Deadline deadline,
      CallRuntime runtime) {
    return start(
        method.definition(), method, exchange, writer, encoder, headers, deadline, runtime);
  }

  private static <Q, R> GatewayCall<Q, R> start(
      ServerMethodDefinition<Q, R> definition,
      ServedMethod method,
      HttpExchange exchange,
      CallWriter writer,
      MessageEncoder encoder,
      Metadata headers,
      @Nullable Deadline deadline,
      CallRuntime runtime) {
    List<ServerStreamTracer> tracers = tracers(method, headers, runtime);
    Context base = Context.ROOT;
    for (ServerStreamTracer tracer : tracers) {
      base = tracer.filterContext(base);
    }
    Context.CancellableContext context =
        deadline == null ? base.withCancellation() : base.withDeadline(deadline, runtime.timer());
    GatewayCall<Q, R> call =
        new GatewayCall<>(definition, method, exchange, writer, encoder, tracers, context);
    call.begin(headers, deadline != null || base != Context.ROOT);
    return call;
  }

  private static List<ServerStreamTracer> tracers(
      ServedMethod method, Metadata headers, CallRuntime runtime) {
    if (runtime.tracers().isEmpty()) {
      return List.of();
    }
    List<ServerStreamTracer> tracers = new ArrayList<>(runtime.tracers().size());
    for (ServerStreamTracer.Factory each : runtime.tracers()) {
      tracers.add(each.newServerStreamTracer(method.name(), headers));
    }
    return tracers;
  }

  /**
   * Begins.
   *
   * @param mayEnd whether the context can end without this call, as by its deadline
   */
  private void begin(Metadata headers, boolean mayEnd) {
    if (mayEnd) {
      context.addListener(
          ended -> {
            // The end of the call itself is no news. Another thread may not see it yet.
            if (!over) {
              exchange.loop().execute(this::contextEnded);
            }
          },
          Runnable::run);
    }
    inContext(
        () -> {
          for (ServerStreamTracer tracer : tracers) {
            tracer.serverCallStarted(new Info<>(this));
          }
          listener = definition.getServerCallHandler().startCall(this, headers);
        });
    starting = false;
    drain();
    if (!over) {
      inContext(() -> listener.onReady());
    }
  }

  /**
   * A request as it came. It is decoded when the handler asks for it: decompressed, it may be a
   * thousand times as large, and the window of the caller counts only what came.
   */
  private static final class Request {
    private final byte[] raw;
    private final UnaryOperator<byte[]> decoder;

    Request(byte[] raw, UnaryOperator<byte[]> decoder) {
      this.raw = raw;
      this.decoder = decoder;
    }
  }

  /** What a tracer may know of a call, which is not the call itself. */
  private static final class Info<Q, R> extends ServerStreamTracer.ServerCallInfo<Q, R> {
    private final GatewayCall<Q, R> call;

    Info(GatewayCall<Q, R> call) {
      this.call = call;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return call.getMethodDescriptor();
    }

    @Override
    public Attributes getAttributes() {
      return call.getAttributes();
    }

    @Override
    public @Nullable String getAuthority() {
      return call.getAuthority();
    }
  }

  /** Runs code of the layers. What it throws ends the call. */
  private void inContext(Runnable code) {
    Context previous = context.attach();
    try {
      code.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "a call of " + method.name() + " failed", e);
      fail(Status.UNKNOWN.withDescription("the server failed; its log has the cause"));
    } finally {
      context.detach(previous);
    }
  }

  // In.

  /** Takes a request in protobuf's form. */
  public void receive(byte[] message) {
    receive(message, UnaryOperator.identity());
  }

  /**
   * Takes a request.
   *
   * @param decoder makes a message in protobuf's form of it; throws a status, which ends the call
   */
  public void receive(byte[] raw, UnaryOperator<byte[]> decoder) {
    if (!over) {
      arrived.add(new Request(raw, decoder));
      deliver();
    }
  }

  /** No request follows. */
  public void endRequests() {
    inputEnded = true;
    deliver();
  }

  /** Ends the call from this side, for what a request was or was not. */
  public void fail(Status status) {
    if (!over) {
      cancelled = true;
      try {
        writer.close(status, new Metadata());
      } catch (RuntimeException | Error e) {
        unwritable(e);
      }
      ended(status);
    }
  }

  /** The caller has gone. */
  public void callerLeft() {
    if (!over) {
      cancelled = true;
      ended(Status.CANCELLED.withDescription("the caller has gone or has cancelled"));
    }
  }

  private void contextEnded() {
    if (over || !context.isCancelled()) {
      return;
    }
    Status status = Contexts.statusFromCancelled(context);
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      fail(
          Status.DEADLINE_EXCEEDED.withDescription(
              "the deadline passed before the server had answered"));
    }
  }

  @Override
  public void request(int count) {
    onLoop(
        () -> {
          demand = demand + count < 0 ? Integer.MAX_VALUE : demand + count;
          deliver();
        });
  }

  private void onLoop(Runnable code) {
    if (exchange.loop().inEventLoop()) {
      code.run();
    } else {
      exchange.loop().execute(code);
    }
  }

  /**
   * Gives the listener what it asked for. A listener that asks within its callback returns here.
   */
  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      while (!over && !halfClosed) {
        if (demand > 0 && !arrived.isEmpty()) {
          demand--;
          Request request = arrived.remove();
          inContext(() -> deliver(request));
        } else if (inputEnded && arrived.isEmpty()) {
          halfClosed = true;
          inContext(() -> listener.onHalfClose());
        } else {
          break;
        }
      }
    } finally {
      delivering = false;
    }
    if (!inputEnded) {
      exchange.readBody(over || arrived.isEmpty());
    }
  }

  private void deliver(Request request) {
    byte[] message;
    try {
      message = request.decoder.apply(request.raw);
    } catch (StatusRuntimeException e) {
      fail(e.getStatus());
      return;
    }
    for (ServerStreamTracer tracer : tracers) {
      tracer.inboundMessage(received);
      tracer.inboundWireSize(request.raw.length);
      tracer.inboundUncompressedSize(message.length);
    }
    received++;
    Q parsed;
    try {
      parsed = parse(message);
    } catch (StatusRuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "a request of " + method.name() + " cannot be read", e);
      fail(
          Status.INVALID_ARGUMENT.withDescription(
              "the request is not a message of " + method.schema().getInputType().getFullName()));
      return;
    }
    listener.onMessage(parsed);
  }

  private Q parse(byte[] message) {
    return definition.getMethodDescriptor().parseRequest(new WholeMessage(message));
  }

  /** A message whose size is known before it is read, as that of an uncompressed one in gRPC. */
  private static final class WholeMessage extends ByteArrayInputStream implements KnownLength {
    WholeMessage(byte[] message) {
      super(message);
    }
  }

  // Out.

  @Override
  public void sendHeaders(Metadata headers) {
    if (headersSent || closeCalled) {
      throw new IllegalStateException("headers were sent, or the call is closed");
    }
    headersSent = true;
    out(() -> writer.headers(headers));
  }

  @Override
  public void sendMessage(R message) {
    if (!headersSent || closeCalled) {
      throw new IllegalStateException("headers were not sent, or the call is closed");
    }
    if (cancelled) {
      return;
    }
    if (sent > 0 && !method.schema().isServerStreaming()) {
      endInternally("more than one response of " + method.name());
      return;
    }
    sent++;
    byte[] encoded;
    byte[] packed;
    try {
      encoded = encoder.encode(wire(message));
      packed = writer.pack(encoded);
    } catch (IOException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING, "a response of " + method.name() + " cannot be written", e);
      endInternally("a response of " + method.name() + " cannot be written; the log has the cause");
      return;
    }
    waitingBytes.addAndGet(packed.length);
    int number = sent - 1;
    out(
        () -> {
          for (ServerStreamTracer tracer : tracers) {
            tracer.outboundMessage(number);
            tracer.outboundWireSize(packed.length);
            tracer.outboundUncompressedSize(encoded.length);
          }
          Future<?> written = writer.message(packed);
          if (written == null) {
            left(packed.length);
          } else {
            written.addListener(done -> left(packed.length));
          }
        });
  }

  private byte[] wire(R response) throws IOException {
    if (response instanceof MessageLite message) {
      return message.toByteArray();
    }
    try (InputStream bytes = definition.getMethodDescriptor().streamResponse(response)) {
      return bytes.readAllBytes();
    }
  }

  private void endInternally(String why) {
    closeCalled = true;
    out(() -> fail(Status.INTERNAL.withDescription(why)));
  }

  private void left(int bytes) {
    int after = waitingBytes.addAndGet(-bytes);
    if (after < READY_BELOW && after + bytes >= READY_BELOW && !over) {
      inContext(() -> listener.onReady());
    }
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (closeCalled) {
      throw new IllegalStateException("the call is closed");
    }
    if (status.isOk() && sent == 0 && !method.schema().isServerStreaming()) {
      endInternally("no response of " + method.name());
      return;
    }
    closeCalled = true;
    out(
        () -> {
          writer.close(status, trailers);
          ended(status);
        });
  }

  /** Runs code on the loop, after all that was given before. */
  private void out(Runnable code) {
    boolean onLoop = exchange.loop().inEventLoop();
    if (onLoop && !starting && outbound.isEmpty()) {
      send(code);
      return;
    }
    outbound.add(code);
    if (onLoop) {
      drain();
    } else if (drainScheduled.compareAndSet(false, true)) {
      exchange.loop().execute(this::drain);
    }
  }

  private void drain() {
    drainScheduled.set(false);
    if (starting) {
      return;
    }
    Runnable next;
    while ((next = outbound.poll()) != null) {
      send(next);
    }
  }

  private void send(Runnable code) {
    if (!over) {
      try {
        code.run();
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
  }

  /** Ends a call whose response cannot be written, unless the code that failed had ended it. */
  private void failed(Throwable cause) {
    boolean open = !over;
    unwritable(cause);
    if (open) {
      cancelled = true;
      ended(
          Status.INTERNAL.withDescription(
              "a response of " + method.name() + " cannot be written; the log has the cause"));
    }
  }

  /** Part of the response may be out: the caller sees only that the rest does not come. */
  private void unwritable(Throwable cause) {
    LOG.log(
        System.Logger.Level.WARNING,
        "a response of " + method.name() + " cannot be written",
        cause);
    if (!over) {
      exchange.abort();
    }
  }

  private void ended(Status status) {
    over = true;
    arrived.clear();
    tracers.forEach(tracer -> tracer.streamClosed(status));
    boolean complete = !cancelled;
    if (!complete) {
      context.cancel(status.getCause());
    }
    Context previous = context.attach();
    try {
      if (complete) {
        listener.onComplete();
      } else {
        listener.onCancel();
      }
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the end of a call of " + method.name() + " failed", e);
    } finally {
      context.detach(previous);
      context.cancel(null);
    }
    if (!inputEnded) {
      exchange.readBody(true);
    }
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public boolean isReady() {
    return !cancelled && waitingBytes.get() < READY_BELOW;
  }

  @Override
  public MethodDescriptor<Q, R> getMethodDescriptor() {
    return definition.getMethodDescriptor();
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public @Nullable String getAuthority() {
    String authority = exchange.request().authority();
    return authority.isEmpty() ? null : authority;
  }
}
