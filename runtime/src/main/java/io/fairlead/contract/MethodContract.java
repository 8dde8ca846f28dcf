package io.fairlead.contract;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import io.fairlead.contract.internal.stream.FailedPublisher;
import io.fairlead.options.LiveBounds;
import io.fairlead.policy.MethodPolicy;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One method of a contract: how it is called on the wire, and what the contract says about its
 * calls. Immutable; made once, by generated code.
 *
 * @param <Q> the request message
 * @param <R> the response message
 */
public final class MethodContract<Q, R> {
  private final MethodDescriptor<Q, R> descriptor;
  private final Idempotency idempotency;
  private final MethodPolicy policy;
  private final @Nullable Function<? super Q, ?> hashKey;
  private final R defaultResponse;
  private final LogOnceUnimplemented unimplemented = new LogOnceUnimplemented();

  private MethodContract(Builder<Q, R> builder) {
    this.idempotency = builder.idempotency;
    this.policy = builder.policy;
    this.hashKey = builder.hashKey;
    this.defaultResponse = builder.defaultResponse;
    this.descriptor =
        builder
            .descriptor
            .setIdempotent(idempotency != Idempotency.UNKNOWN)
            .setSafe(idempotency == Idempotency.NO_SIDE_EFFECTS)
            .setSchemaDescriptor(
                new MethodSchema(this, builder.service, builder.name, builder.schema))
            .build();
  }

  /** Returns a builder of a method with one request and one response. */
  public static <Q extends Message, R extends Message> Builder<Q, R> unary(
      String service, String name, Q defaultRequest, R defaultResponse) {
    return new Builder<>(MethodType.UNARY, service, name, defaultRequest, defaultResponse);
  }

  /** Returns a builder of a method with one request and a stream of responses. */
  public static <Q extends Message, R extends Message> Builder<Q, R> serverStreaming(
      String service, String name, Q defaultRequest, R defaultResponse) {
    return new Builder<>(
        MethodType.SERVER_STREAMING, service, name, defaultRequest, defaultResponse);
  }

  /** Returns a builder of a method with a stream of requests and one response. */
  public static <Q extends Message, R extends Message> Builder<Q, R> clientStreaming(
      String service, String name, Q defaultRequest, R defaultResponse) {
    return new Builder<>(
        MethodType.CLIENT_STREAMING, service, name, defaultRequest, defaultResponse);
  }

  /** Returns a builder of a method with a stream in each direction. */
  public static <Q extends Message, R extends Message> Builder<Q, R> bidiStreaming(
      String service, String name, Q defaultRequest, R defaultResponse) {
    return new Builder<>(MethodType.BIDI_STREAMING, service, name, defaultRequest, defaultResponse);
  }

  /**
   * Returns the contract behind a descriptor; null if the descriptor was not made by one. Cheap: no
   * lookup by name.
   */
  public static @Nullable MethodContract<?, ?> of(MethodDescriptor<?, ?> descriptor) {
    return descriptor.getSchemaDescriptor() instanceof MethodSchema schema
        ? schema.contract()
        : null;
  }

  /** Returns what gRPC knows of the method. */
  public MethodDescriptor<Q, R> descriptor() {
    return descriptor;
  }

  /** Returns the full name, such as {@code shop.v1.Inventory/Reserve}. */
  public String fullName() {
    return descriptor.getFullMethodName();
  }

  /** Returns what the contract promises about calling twice. */
  public Idempotency idempotency() {
    return idempotency;
  }

  /** Returns what the contract says about calls of the method. */
  public MethodPolicy policy() {
    return policy;
  }

  /**
   * Returns the bounds that the contract sets for live policies. They are read from the schema,
   * which takes a while for the first time.
   */
  public LiveBounds liveBounds() {
    return descriptor.getSchemaDescriptor() instanceof MethodSchema schema && schema.hasFile()
        ? LiveBounds.of(schema.getMethodDescriptor())
        : LiveBounds.NONE;
  }

  /** Returns whether requests carry a key for balancers that hash. */
  public boolean hasHashKey() {
    return hashKey != null;
  }

  /** Returns the key of a request, a scalar or an enum value; null if the contract names none. */
  public @Nullable Object hashKey(Q request) {
    return hashKey == null ? null : hashKey.apply(request);
  }

  /** Returns the response with nothing set. */
  public R defaultResponse() {
    return defaultResponse;
  }

  /**
   * Returns the response of a handler that lacks the method. The class of the handler is named in
   * the log only, as callers must not see it.
   */
  public StatusRuntimeException unimplemented(Object handler) {
    unimplemented.report(fullName(), handler.getClass());
    return Status.UNIMPLEMENTED
        .withDescription("method " + fullName() + " is not implemented")
        .asRuntimeException();
  }

  /** Returns the same for an async method with one response. */
  public CompletionStage<R> unimplementedAsync(Object handler) {
    return CompletableFuture.failedFuture(unimplemented(handler));
  }

  /** Returns the same for an async method with a stream of responses. */
  public Flow.Publisher<R> unimplementedPublisher(Object handler) {
    return new FailedPublisher<>(unimplemented(handler));
  }

  @Override
  public String toString() {
    return fullName() + " (" + descriptor.getType() + ", " + idempotency + ") " + policy;
  }

  /** Collects what the contract says. */
  public static final class Builder<Q, R> {
    private final String service;
    private final String name;
    private final R defaultResponse;
    private final MethodDescriptor.Builder<Q, R> descriptor;
    private Idempotency idempotency = Idempotency.UNKNOWN;
    private MethodPolicy policy = MethodPolicy.empty();
    private @Nullable Function<? super Q, ?> hashKey;
    private @Nullable Supplier<FileDescriptor> schema;

    @SuppressWarnings("unchecked") // the factories above prove that Q and R are messages
    private Builder(
        MethodType type, String service, String name, Message request, Message response) {
      this.service = Objects.requireNonNull(service, "service");
      this.name = Objects.requireNonNull(name, "name");
      this.defaultResponse = (R) response;
      this.descriptor =
          (MethodDescriptor.Builder<Q, R>)
              MethodDescriptor.newBuilder(
                      ProtoUtils.marshaller(request), ProtoUtils.marshaller(response))
                  .setType(type)
                  .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
                  .setSampledToLocalTracing(true);
    }

    /** Marks the method {@code IDEMPOTENT}, as the contract's {@code idempotency_level} does. */
    public Builder<Q, R> idempotent() {
      idempotency = Idempotency.IDEMPOTENT;
      return this;
    }

    /** Marks the method {@code NO_SIDE_EFFECTS}, as {@code idempotency_level} does. */
    public Builder<Q, R> noSideEffects() {
      idempotency = Idempotency.NO_SIDE_EFFECTS;
      return this;
    }

    /** Sets the policy that the contract states. */
    public Builder<Q, R> policy(MethodPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** Sets the field that balancers hash: a scalar or an enum value. */
    public Builder<Q, R> hashKey(Function<? super Q, ?> key) {
      this.hashKey = Objects.requireNonNull(key, "hashKey");
      return this;
    }

    /** Sets the contract's file, asked for only when reflection or a stock tool needs it. */
    public Builder<Q, R> schema(Supplier<FileDescriptor> schema) {
      this.schema = Objects.requireNonNull(schema, "schema");
      return this;
    }

    public MethodContract<Q, R> build() {
      return new MethodContract<>(this);
    }
  }
}
