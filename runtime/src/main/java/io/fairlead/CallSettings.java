package io.fairlead;

import com.google.common.base.MoreObjects;
import io.fairlead.internal.Durations;
import io.fairlead.policy.MethodPolicy;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one caller wants for its calls, above every other source of policy. Immutable.
 *
 * <p>Settings ride on a view of a channel, which is cheap to make: {@code channel.with(settings)}
 * of an {@code RpcChannel}, or {@link #over} for any other. Views nest; the inner settings win
 * field by field, and headers add up.
 *
 * <p>A channel without policies honours deadline, headers, authority, wait-for-ready and capture;
 * it knows nothing of {@link #endpoint}, {@link #endpointSelector}, {@link #hashKey} and {@link
 * #policy}.
 */
public final class CallSettings {
  private static final CallOptions.Key<@Nullable CallSettings> KEY =
      CallOptions.Key.create("fairlead-settings");

  private final @Nullable Duration deadline;
  private final @Nullable Metadata headers;
  private final @Nullable String authority;
  private final @Nullable String endpoint;
  private final @Nullable EndpointSelector endpointSelector;
  private final @Nullable Boolean waitForReady;
  private final @Nullable Object hashKey;
  private final MethodPolicy policy;
  private final @Nullable ResponseCapture capture;

  private CallSettings(Builder builder) {
    this.deadline = builder.deadline;
    this.headers = builder.headers;
    this.authority = builder.authority;
    this.endpoint = builder.endpoint;
    this.endpointSelector = builder.endpointSelector;
    this.waitForReady = builder.waitForReady;
    this.hashKey = builder.hashKey;
    this.policy = builder.policy;
    this.capture = builder.capture;
  }

  /** Starts with nothing set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the settings of a call, or null if its caller set none. */
  public static @Nullable CallSettings of(CallOptions options) {
    return options.getOption(KEY);
  }

  /** Options with these settings on top of those that are there. */
  public CallOptions addTo(CallOptions options) {
    CallSettings outer = of(options);
    // What is already there was set nearer to the call.
    return options.withOption(KEY, outer == null ? this : outer.over(this));
  }

  /** Returns these settings, and those of {@code base} where these say nothing. Headers add up. */
  public CallSettings over(CallSettings base) {
    Builder merged = builder();
    merged.deadline = deadline != null ? deadline : base.deadline;
    merged.headers = merged(base.headers, headers);
    merged.authority = authority != null ? authority : base.authority;
    merged.endpoint = endpoint != null ? endpoint : base.endpoint;
    merged.endpointSelector = endpointSelector != null ? endpointSelector : base.endpointSelector;
    merged.waitForReady = waitForReady != null ? waitForReady : base.waitForReady;
    merged.hashKey = hashKey != null ? hashKey : base.hashKey;
    merged.policy = policy.over(base.policy);
    merged.capture = capture != null ? capture : base.capture;
    return merged.build();
  }

  private static @Nullable Metadata merged(@Nullable Metadata base, @Nullable Metadata above) {
    if (above == null) {
      return base;
    }
    Metadata both = new Metadata();
    if (base != null) {
      both.merge(base);
    }
    both.merge(above);
    return both;
  }

  /** Returns a view of any channel whose calls have these settings. Owns nothing. */
  public Channel over(Channel channel) {
    return ClientInterceptors.intercept(channel, new SettingsInterceptor(this));
  }

  /** Returns the time that a whole call may take; null if not set. */
  public @Nullable Duration deadline() {
    return deadline;
  }

  /** Copies the headers to send into {@code target}. */
  public void addHeadersTo(Metadata target) {
    if (headers != null) {
      target.merge(headers);
    }
  }

  /** Returns the authority to ask for; null if not set. */
  public @Nullable String authority() {
    return authority;
  }

  /** Returns the endpoint to call, {@code host:port}; null if not set. */
  public @Nullable String endpoint() {
    return endpoint;
  }

  /** Returns which endpoints are wanted; null if not set. */
  public @Nullable EndpointSelector endpointSelector() {
    return endpointSelector;
  }

  /** Returns whether to wait for a connection; null if not set. */
  public @Nullable Boolean waitForReady() {
    return waitForReady;
  }

  /** Returns what to hash in place of the contract's hash key; null if not set. */
  public @Nullable Object hashKey() {
    return hashKey;
  }

  /** Returns the policy fields that win over all others. */
  public MethodPolicy policy() {
    return policy;
  }

  /** Returns where to keep response headers and trailers; null if not set. */
  public @Nullable ResponseCapture capture() {
    return capture;
  }

  boolean touchesListener() {
    return headers != null || capture != null;
  }

  @Override
  public String toString() {
    return MoreObjects.toStringHelper(this)
        .omitNullValues()
        .add("deadline", deadline == null ? null : Durations.format(deadline))
        .add("authority", authority)
        .add("endpoint", endpoint)
        .add("endpointSelector", endpointSelector)
        .add("waitForReady", waitForReady)
        .add("hashKey", hashKey)
        // Not their values, which may be secrets.
        .add("headers", headers == null ? null : headers.keys())
        .add("policy", policy)
        .toString();
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable Duration deadline;
    private @Nullable Metadata headers;
    private @Nullable String authority;
    private @Nullable String endpoint;
    private @Nullable EndpointSelector endpointSelector;
    private @Nullable Boolean waitForReady;
    private @Nullable Object hashKey;
    private MethodPolicy policy = MethodPolicy.empty();
    private @Nullable ResponseCapture capture;

    private Builder() {}

    /** Sets the time that a whole call may take; above zero. */
    public Builder deadline(Duration deadline) {
      if (deadline.isZero() || deadline.isNegative()) {
        throw new IllegalArgumentException(
            "CallSettings deadline " + Durations.format(deadline) + " is not above zero");
      }
      this.deadline = deadline;
      return this;
    }

    /**
     * Adds a text header.
     *
     * @throws IllegalArgumentException if the value has other characters than printable ASCII
     */
    public Builder header(String name, String value) {
      for (int i = 0; i < value.length(); i++) {
        if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
          throw new IllegalArgumentException(
              "the header "
                  + name
                  + " has the value \""
                  + value
                  + "\", and a text header takes printable ASCII only; encode it, or send bytes"
                  + " with a key of Metadata.BINARY_BYTE_MARSHALLER, whose name ends in -bin");
        }
      }
      return header(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    }

    /** Adds a header. */
    public <V> Builder header(Metadata.Key<V> key, V value) {
      Metadata one = new Metadata();
      one.put(key, value);
      return headers(one);
    }

    /** Adds headers; a later change of {@code more} has no effect. */
    public Builder headers(Metadata more) {
      headers = merged(headers, more);
      return this;
    }

    /** Asks for an authority other than the channel's. */
    public Builder authority(String authority) {
      this.authority = Objects.requireNonNull(authority, "authority");
      return this;
    }

    /** Calls one given endpoint, {@code host:port}, and no other. */
    public Builder endpoint(String hostAndPort) {
      this.endpoint = Objects.requireNonNull(hostAndPort, "endpoint");
      return this;
    }

    /**
     * Calls endpoints with a tag or of a version, e.g. {@code EndpointSelector.version("2")} for a
     * canary.
     */
    public Builder endpointSelector(EndpointSelector selector) {
      this.endpointSelector = Objects.requireNonNull(selector, "endpointSelector");
      return this;
    }

    /** Waits for a connection rather than fail at once when there is none. */
    public Builder waitForReady(boolean wait) {
      this.waitForReady = wait;
      return this;
    }

    /** Sets what a hashing balancer hashes: text, bytes, a number, a boolean or an enum value. */
    public Builder hashKey(Object key) {
      this.hashKey = Objects.requireNonNull(key, "hashKey");
      return this;
    }

    /** Sets the policy fields that win over all others. */
    public Builder policy(MethodPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** Keeps response headers, trailers and status. */
    public Builder capture(ResponseCapture capture) {
      this.capture = Objects.requireNonNull(capture, "capture");
      return this;
    }

    public CallSettings build() {
      return new CallSettings(this);
    }
  }
}
