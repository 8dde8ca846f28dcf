package io.fairlead.security.policy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.fairlead.security.Caller;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many calls per second one caller, or one key, may make on this server.
 *
 * <pre>{@code
 * RpcServer.builder("inventory")
 *     .intercept(RateLimit.perCaller(100, 200), RateLimit.perHeader("x-tenant", 1_000, 1_000))
 * }</pre>
 *
 * <p>Each key has a token bucket in this process: so many calls at once, and so many per second on
 * average. With a {@link SharedQuota}, all servers count together. A call above the limit ends with
 * RESOURCE_EXHAUSTED and says when to try again, in the trailer that clients of gRPC obey ({@code
 * grpc-retry-pushback-ms}). The last 100,000 keys are known; one that was not seen for long begins
 * anew. Safe for use by many threads.
 */
public final class RateLimit implements ServerInterceptor {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  private static final Pattern NAME = Pattern.compile("[\\w.]+(/\\w+)?");
  private static final int MAX_KEYS = 100_000;
  private static final int MAX_KEY_LENGTH = 256;

  /** A hundred years. In nanoseconds, three times as many would not fit into a long. */
  private static final double MAX_SECONDS = 100.0 * 365 * 24 * 60 * 60;

  private final String what;

  /** How many calls, as messages have it. */
  private final String amount;

  private final String text;
  private final Supplier<ToLongFunction<String>> source;
  private final Metadata.@Nullable Key<String> header;
  private final @Nullable List<String> field;
  private final Set<String> methods;

  /** Takes a call of a key; gives 0, or the nanoseconds after which to try again. */
  private final ToLongFunction<String> calls;

  /**
   * @param source gives what counts the calls of one set of methods
   */
  private RateLimit(
      String what,
      String amount,
      String text,
      Supplier<ToLongFunction<String>> source,
      Metadata.@Nullable Key<String> header,
      @Nullable List<String> field,
      Set<String> methods) {
    this.what = what;
    this.amount = amount;
    this.text = text;
    this.source = source;
    this.header = header;
    this.field = field;
    this.methods = methods;
    this.calls = source.get();
  }

  private static RateLimit of(
      String what,
      double perSecond,
      int burst,
      Metadata.@Nullable Key<String> header,
      @Nullable List<String> field) {
    if (!(perSecond > 0) || perSecond > 1e9) {
      throw new IllegalArgumentException(
          "a rate limit per " + what + " has " + perSecond + " calls per second; use more than 0");
    }
    if (burst / perSecond > MAX_SECONDS) {
      throw new IllegalArgumentException(
          "a rate limit per "
              + what
              + " has a burst of "
              + burst
              + ", which at "
              + perSecond
              + " calls per second takes more than 100 years to be there again; use less");
    }
    if (burst < 1) {
      throw new IllegalArgumentException(
          "a rate limit per " + what + " has a burst of " + burst + "; use 1 or more");
    }
    return new RateLimit(
        what,
        number(perSecond) + " calls per second",
        number(perSecond) + " per second, burst " + burst,
        () -> new TokenBuckets(perSecond, burst, MAX_KEYS, System::nanoTime)::take,
        header,
        field,
        Set.of());
  }

  private static RateLimit of(
      String what,
      SharedQuota quota,
      Metadata.@Nullable Key<String> header,
      @Nullable List<String> field) {
    String amount = quota.calls() + " calls in " + quota.window();
    return new RateLimit(
        what, amount, quota.toString(), () -> quota::take, header, field, Set.of());
  }

  /**
   * Limits each caller, by its name, or by the address of the peer if nobody found out who calls.
   *
   * @param perSecond calls per second, on average
   * @param burst calls at once
   */
  public static RateLimit perCaller(double perSecond, int burst) {
    return of("caller", perSecond, burst, null, null);
  }

  /** Limits each caller by a quota that all servers share. */
  public static RateLimit perCaller(SharedQuota quota) {
    return of("caller", quota, null, null);
  }

  /** Limits each value of a request header. Calls without it share one limit. */
  public static RateLimit perHeader(String header, double perSecond, int burst) {
    return of("header " + header, perSecond, burst, key(header), null);
  }

  /** Limits each value of a request header by a quota that all servers share. */
  public static RateLimit perHeader(String header, SharedQuota quota) {
    return of("header " + header, quota, key(header), null);
  }

  private static Metadata.Key<String> key(String header) {
    return Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER);
  }

  /**
   * Limits each value of a field of the first request message, e.g. {@code "order.customer_id"}.
   * Name the methods with {@link #onlyFor}: a call whose request has no such field ends with
   * INTERNAL. So does each call that a gateway forwards without knowing its messages.
   *
   * <p>The call is judged when its first message is there, so it has a place in admission until
   * then.
   */
  public static RateLimit perField(String path, double perSecond, int burst) {
    return of("field " + path, perSecond, burst, null, names(path));
  }

  /** Limits each value of a field of the first message by a quota that all servers share. */
  public static RateLimit perField(String path, SharedQuota quota) {
    return of("field " + path, quota, null, names(path));
  }

  private static List<String> names(String path) {
    return Arrays.asList(path.split("\\.", -1));
  }

  /**
   * Returns the same limit for some methods alone, with buckets of its own. A shared quota stays
   * one.
   *
   * @param names full names of methods, or of services; a name that the server does not serve has
   *     no effect
   */
  public RateLimit onlyFor(String... names) {
    if (names.length == 0) {
      throw new IllegalArgumentException(this + " is to be for no method; name one");
    }
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "\""
                + name
                + "\" is no name of a method or service; write it as shop.v1.Inventory/Reserve or"
                + " shop.v1.Inventory");
      }
    }
    return new RateLimit(what, amount, text, source, header, field, Set.of(names));
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (!methods.isEmpty()
        && !methods.contains(method)
        && !methods.contains(method.substring(0, method.lastIndexOf('/')))) {
      return next.startCall(call, headers);
    }
    if (field != null) {
      return new FirstMessage<>(next.startCall(call, headers), call, field);
    }
    return refused(call, key(call, headers))
        ? new ServerCall.Listener<>() {}
        : next.startCall(call, headers);
  }

  private String key(ServerCall<?, ?> call, Metadata headers) {
    if (header != null) {
      String value = headers.get(header);
      return value == null ? "" : value;
    }
    Caller caller = Caller.current();
    if (caller != null) {
      return caller.name();
    }
    SocketAddress peer = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    // Without the port: each connection has another.
    return peer instanceof InetSocketAddress internet && internet.getAddress() != null
        ? internet.getAddress().getHostAddress()
        : String.valueOf(peer);
  }

  /** Ends the call if its key has no token left. */
  private boolean refused(ServerCall<?, ?> call, String key) {
    // A long key is cut: whoever chooses it must not choose how much memory it takes.
    String bounded = key.length() > MAX_KEY_LENGTH ? key.substring(0, MAX_KEY_LENGTH) : key;
    long waitNanos = calls.applyAsLong(bounded);
    if (waitNanos == 0) {
      return false;
    }
    Metadata trailers = new Metadata();
    long millis = TimeUnit.NANOSECONDS.toMillis(waitNanos) + 1;
    trailers.put(PUSHBACK, Long.toString(millis));
    call.close(
        Status.RESOURCE_EXHAUSTED.withDescription(
            "more than " + amount + " for one " + what + "; try again in " + millis + " ms"),
        trailers);
    return true;
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  @Override
  public String toString() {
    return "RateLimit[" + text + ", per " + what + "]";
  }

  /** Judges the call by its first message; if it is refused, the layers below hear of its end. */
  private final class FirstMessage<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private final List<String> path;
    private boolean judged;
    private boolean over;

    FirstMessage(ServerCall.Listener<Q> delegate, ServerCall<Q, ?> call, List<String> path) {
      super(delegate);
      this.call = call;
      this.path = path;
    }

    @Override
    public void onMessage(Q message) {
      if (!judged) {
        judged = true;
        String key = value(message, path);
        if (key == null) {
          call.close(
              Status.INTERNAL.withDescription(
                  "the server limits calls by a field that this request does not have: "
                      + String.join(".", path)),
              new Metadata());
          over = true;
        } else {
          over = refused(call, key);
        }
        if (over) {
          super.onCancel();
        }
      }
      if (!over) {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!over) {
        super.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      if (!over) {
        super.onCancel();
      }
    }

    @Override
    public void onComplete() {
      if (!over) {
        super.onComplete();
      }
    }

    @Override
    public void onReady() {
      if (!over) {
        super.onReady();
      }
    }
  }

  /** Returns the value as text; null if there is no such field. */
  static @Nullable String value(Object message, List<String> path) {
    Object value = message;
    for (String name : path) {
      if (!(value instanceof Message holder)) {
        return null;
      }
      FieldDescriptor descriptor = holder.getDescriptorForType().findFieldByName(name);
      if (descriptor == null || descriptor.isRepeated()) {
        return null;
      }
      value = holder.getField(descriptor);
    }
    if (value instanceof ByteString bytes) {
      // Its own text tells instances apart, not their bytes.
      int length = Math.min(bytes.size(), MAX_KEY_LENGTH / 2);
      return HexFormat.of().formatHex(bytes.substring(0, length).toByteArray());
    }
    return value instanceof Message ? null : String.valueOf(value);
  }
}
