package io.fairlead.options;

import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceOptions;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/**
 * What a contract says about one method, once the service's policy has filled in what the method's
 * leaves out.
 *
 * <p>The code generator and the runtime both ask here, so that a stock stub, whose policies are
 * read from its descriptor, behaves like a generated client.
 */
@NullMarked // by hand: the rest of this package is generated
public final class EffectivePolicy {
  /** Fields whose inheritance depends on the method, or on what else it states. */
  private static final Set<Integer> OWN_RULE =
      Set.of(
          Policy.DEADLINE_FIELD_NUMBER,
          Policy.IDLE_TIMEOUT_FIELD_NUMBER,
          Policy.RETRY_FIELD_NUMBER,
          Policy.HEDGING_FIELD_NUMBER,
          Policy.FAILURE_MODE_FIELD_NUMBER,
          Policy.LIVE_FIELD_NUMBER,
          Policy.CACHE_FIELD_NUMBER,
          Policy.MIRROR_FIELD_NUMBER);

  /** One choice in two fields. */
  private static final Set<Integer> BALANCER =
      Set.of(Policy.BALANCER_FIELD_NUMBER, Policy.CUSTOM_BALANCER_FIELD_NUMBER);

  private EffectivePolicy() {}

  /**
   * Joins the two policies.
   *
   * @param service the service's policy, or the default instance
   * @param method the method's policy, or the default instance
   * @param unary whether the method takes one request and gives one response
   * @param idempotent whether its {@code idempotency_level} allows retries
   */
  public static Policy of(Policy service, Policy method, boolean unary, boolean idempotent) {
    Policy.Builder joined = method.toBuilder();
    inheritTimes(joined, service, unary);
    inheritAttempts(joined, service, unary, idempotent);
    inheritOthers(joined, service);
    if (service.hasLive()) {
      // Each bound by itself: a method that narrows one keeps the others of its service.
      joined.setLive(service.getLive().toBuilder().mergeFrom(method.getLive()));
    }
    return joined.build();
  }

  /**
   * Reads the policy of a method from its schema; the default instance if its file does not import
   * our options.
   *
   * @throws IllegalArgumentException if the options cannot be read
   */
  public static Policy of(MethodDescriptor method, boolean unary, boolean idempotent) {
    if (!importsOptions(method.getFile())) {
      return Policy.getDefaultInstance();
    }
    ServiceDescriptor service = method.getService();
    return of(
        known(service.getOptions(), ServiceOptions.parser(), service.getFullName())
            .getExtension(OptionsProto.service),
        known(method.getOptions(), MethodOptions.parser(), method.getFullName())
            .getExtension(OptionsProto.method),
        unary,
        idempotent);
  }

  /** Whether its options of that number are ours, and not those of another project. */
  private static boolean importsOptions(FileDescriptor file) {
    return file.toProto().getOptionDependencyList().contains("fairlead/options.proto")
        || file.getDependencies().stream().anyMatch(EffectivePolicy::offersOptions);
  }

  private static boolean offersOptions(FileDescriptor imported) {
    return imported.getExtensions().stream()
            .anyMatch(
                extension ->
                    extension.getFullName().equals("fairlead.method")
                        && extension.getNumber() == OptionsProto.METHOD_FIELD_NUMBER)
        || imported.getPublicDependencies().stream().anyMatch(EffectivePolicy::offersOptions);
  }

  /** A descriptor that was loaded without our extensions holds them as unknown fields. */
  private static <T extends Message> T known(T options, Parser<T> parser, String name) {
    try {
      return options.getUnknownFields().asMap().isEmpty()
          ? options
          : parser.parseFrom(options.toByteString(), Options.KNOWN);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          ("The options of %s in its schema descriptor cannot be read; compile the contract again"
                  + " with the fairlead/options.proto of this runtime")
              .formatted(name),
          e);
    }
  }

  /**
   * Made only for who needs it: protobuf's own descriptors take longer than all else at a start.
   */
  private static final class Options {
    static final ExtensionRegistry KNOWN = ExtensionRegistry.newInstance();

    static {
      OptionsProto.registerAllExtensions(KNOWN);
    }
  }

  /** Whether the mode only makes sense where there is one response to replace or to wait for. */
  public static boolean isUnaryOnly(FailureMode mode) {
    return mode == FailureMode.FAILSAFE || mode == FailureMode.BROADCAST;
  }

  private static void inheritTimes(Policy.Builder joined, Policy service, boolean unary) {
    if (joined.getDeadline().isEmpty() && unary) {
      joined.setDeadline(service.getDeadline());
    }
    if (joined.getIdleTimeout().isEmpty() && !unary) {
      joined.setIdleTimeout(service.getIdleTimeout());
    }
  }

  /**
   * Retry, hedging and failure mode are one choice: what a method states drops what it would
   * contradict.
   */
  private static void inheritAttempts(
      Policy.Builder joined, Policy service, boolean unary, boolean idempotent) {
    FailureMode stated = joined.getFailureMode();
    boolean statesAttempts = joined.hasRetry() || joined.hasHedging();
    FailureMode inherited = service.getFailureMode();
    if (stated == FailureMode.FAILURE_MODE_UNSPECIFIED
        && (unary || !isUnaryOnly(inherited))
        && !(statesAttempts && inherited == FailureMode.FAILFAST)) {
      joined.setFailureModeValue(service.getFailureModeValue());
    }
    if (statesAttempts || stated == FailureMode.FAILFAST) {
      return;
    }
    Retry retry = service.getRetry();
    if (service.hasRetry() && (idempotent || retry.getUnsafe())) {
      joined.setRetry(unary ? retry : retry.toBuilder().clearPerAttempt().build());
    }
    Hedging hedging = service.getHedging();
    if (service.hasHedging()
        && unary
        && stated != FailureMode.BROADCAST
        && (idempotent || hedging.getUnsafe())) {
      joined.setHedging(hedging);
    }
  }

  /** Every other field of the service holds where the method leaves it out. */
  private static void inheritOthers(Policy.Builder joined, Policy service) {
    boolean choosesBalancer =
        joined.getBalancer() != Balancer.BALANCER_UNSPECIFIED
            || !joined.getCustomBalancer().isEmpty();
    // What a method says of its callers drops what it would contradict.
    boolean dropsScopes = joined.getPublic();
    boolean dropsPublic = joined.getAuthScopesCount() > 0;
    Set<FieldDescriptor> stated = joined.getAllFields().keySet();
    service
        .getAllFields()
        .forEach(
            (field, value) -> {
              int number = field.getNumber();
              if (!OWN_RULE.contains(number)
                  && !stated.contains(field)
                  && !(dropsScopes && number == Policy.AUTH_SCOPES_FIELD_NUMBER)
                  && !(dropsPublic && number == Policy.PUBLIC_FIELD_NUMBER)
                  && !(choosesBalancer && BALANCER.contains(number))) {
                joined.setField(field, value);
              }
            });
  }
}
