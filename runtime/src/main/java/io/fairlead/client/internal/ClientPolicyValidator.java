package io.fairlead.client.internal;

import io.fairlead.balance.internal.BalancerCatalog;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.CachePolicy;
import io.fairlead.policy.FailureMode;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicies;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.policy.RetryPolicy;
import io.grpc.CompressorRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds policies that cannot be honoured. Each error is one sentence with the way out.
 *
 * <p>Names are checked when a channel is opened, values when the config of a method is made: at the
 * start for services that the channel knows, at the first call for others. Has no state.
 */
final class ClientPolicyValidator {
  private ClientPolicyValidator() {}

  /**
   * Policies given by name must name what the channel knows; otherwise a mistyped name would have
   * no effect.
   */
  static void checkNames(MethodPolicies policies, Map<String, ServiceDescriptor> services) {
    for (String name : policies.names()) {
      if (name.equals(MethodPolicies.ALL)) {
        continue;
      }
      int slash = name.lastIndexOf('/');
      String serviceName = slash < 0 ? name : name.substring(0, slash);
      ServiceDescriptor service = services.get(serviceName);
      if (service == null) {
        throw new IllegalArgumentException(
            ("A policy is given for \"%s\", but this channel does not know the service %s; add"
                    + " .service(...) with its contract or descriptor, or correct the name (known:"
                    + " %s)")
                .formatted(name, serviceName, services.keySet()));
      }
      if (slash >= 0) {
        checkMethod(name, service);
      }
    }
  }

  private static void checkMethod(String name, ServiceDescriptor service) {
    for (MethodDescriptor<?, ?> method : service.getMethods()) {
      if (method.getFullMethodName().equals(name)) {
        return;
      }
    }
    throw new IllegalArgumentException(
        "A policy is given for \""
            + name
            + "\", but the service has no such method; it has "
            + service.getMethods().stream()
                .map(MethodDescriptor::getBareMethodName)
                .collect(Collectors.toList()));
  }

  /**
   * What is said of one method must make sense for it.
   *
   * @param mirrors whether the channel may copy calls
   */
  static void check(
      MethodDescriptor<?, ?> method,
      ResolvedPolicy policy,
      boolean repeatable,
      boolean noSideEffects,
      boolean mirrors) {
    boolean unary = method.getType() == MethodDescriptor.MethodType.UNARY;
    MethodPolicy stated = policy.stated();
    RetryPolicy retry = stated.retry().orElse(null);
    HedgingPolicy hedging = stated.hedging().orElse(null);
    if (!repeatable && retry != null && !retry.unsafe()) {
      throw refused(method, policy, PolicyField.RETRY, NOT_REPEATABLE);
    }
    if (!repeatable && hedging != null && !hedging.unsafe()) {
      throw refused(method, policy, PolicyField.HEDGING, NOT_REPEATABLE);
    }
    if (!unary && hedging != null) {
      throw refused(method, policy, PolicyField.HEDGING, STREAM);
    }
    if (!unary && retry != null && retry.perAttempt().isPresent()) {
      throw refused(method, policy, PolicyField.RETRY, NO_TIME_PER_ATTEMPT);
    }
    if (stated.cache().isPresent()) {
      checkCache(method, policy, stated.cache().get(), noSideEffects);
    }
    if (isOfThisProgram(policy, PolicyField.FAULT)) {
      throw refused(method, policy, PolicyField.FAULT, OF_SERVERS);
    }
    if (!mirrors && isOfThisProgram(policy, PolicyField.MIRROR)) {
      throw refused(method, policy, PolicyField.MIRROR, NO_MIRROR);
    }
    if (mirrors && stated.mirror().isPresent()) {
      checkMirror(method, policy);
    }
    FailureMode mode = policy.failureMode();
    if (!unary && (mode == FailureMode.FAILSAFE || mode == FailureMode.BROADCAST)) {
      throw refused(method, policy, PolicyField.FAILURE_MODE, STREAM);
    }
    if (unary && stated.idleTimeout().isPresent()) {
      throw refused(
          method, policy, PolicyField.IDLE_TIMEOUT, "the method is unary; state a deadline");
    }
    if (CompressorRegistry.getDefaultInstance().lookupCompressor(policy.compression()) == null) {
      throw refused(
          method,
          policy,
          PolicyField.COMPRESSION,
          "no such compressor is registered with grpc-java; use gzip or identity, or register it");
    }
    if (mode == FailureMode.FAILSAFE) {
      Object unused = defaultAnswer(method);
    }
    checkBalancer(method, policy);
  }

  /** Whether the code that makes the channel or the call states a field, so that it means it. */
  private static boolean isOfThisProgram(ResolvedPolicy policy, PolicyField field) {
    ResolvedPolicy.Origin origin = policy.origin(field);
    return origin == ResolvedPolicy.Origin.CALL || origin == ResolvedPolicy.Origin.BUILDER;
  }

  private static void checkMirror(MethodDescriptor<?, ?> method, ResolvedPolicy policy) {
    String why = null;
    if (method.getType() != MethodDescriptor.MethodType.UNARY) {
      why = STREAM;
    } else if (!ReplayableRequest.isOfProtobuf(method.getRequestMarshaller())
        || !ReplayableRequest.isOfProtobuf(method.getResponseMarshaller())) {
      why = "its messages are not protobuf's, which alone can be sent twice and compared";
    } else if (policy.failureMode() == FailureMode.BROADCAST) {
      why = "failureMode is BROADCAST, and each endpoint has a response of its own; take one away";
    }
    if (why != null) {
      throw refused(method, policy, PolicyField.MIRROR, why);
    }
  }

  private static void checkCache(
      MethodDescriptor<?, ?> method,
      ResolvedPolicy policy,
      CachePolicy cache,
      boolean noSideEffects) {
    String why = null;
    if (method.getType() != MethodDescriptor.MethodType.UNARY) {
      why = STREAM;
    } else if (!ReplayableRequest.isOfProtobuf(method.getResponseMarshaller())) {
      why = READ_ONCE;
    } else if (policy.failureMode() == FailureMode.BROADCAST) {
      why = "failureMode is BROADCAST, and each endpoint has a response of its own; take one away";
    } else if (cache.ttl().isPresent() && !noSideEffects) {
      why =
          "the method is not marked NO_SIDE_EFFECTS, so a server must hear of each call; mark it with"
              + " idempotency_level in the contract, or state staleIfError without ttl";
    } else if (!cache.vary().contains("authorization") && isOfCallers(policy.stated())) {
      why =
          "the method asks who calls, and a response for one caller must not reach another; add"
              + " \"authorization\" to vary";
    }
    if (why != null) {
      throw refused(method, policy, PolicyField.CACHE, why);
    }
  }

  /** Whether its server wants to know the caller, so that the response may depend on it. */
  private static boolean isOfCallers(MethodPolicy stated) {
    return !stated.authScopes().orElse(List.of()).isEmpty()
        || stated.publicAccess().equals(Optional.of(false));
  }

  /** The response with nothing set. */
  static Object defaultAnswer(MethodDescriptor<?, ?> method) {
    if (method.getResponseMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<?> typed) {
      Object prototype = typed.getMessagePrototype();
      if (prototype != null) {
        return prototype;
      }
    }
    throw new IllegalArgumentException(
        method.getFullMethodName()
            + " cannot have failureMode FAILSAFE: its response type has no default message known to"
            + " its marshaller; give the channel a fallback(...) for it");
  }

  private static void checkBalancer(MethodDescriptor<?, ?> method, ResolvedPolicy policy) {
    BalancerSpec balancer = policy.balancer().orElse(null);
    if (balancer == null) {
      return;
    }
    try {
      BalancerCatalog.check(balancer);
    } catch (IllegalArgumentException e) {
      throw refused(method, policy, PolicyField.BALANCER, String.valueOf(e.getMessage()));
    }
  }

  private static final String NOT_REPEATABLE =
      "the method is not marked idempotent, so it must not run twice; mark it with"
          + " idempotency_level in the contract, or call unsafe() if repeating it is harmless";
  private static final String OF_SERVERS =
      "servers inject faults, and not channels; give it to the FaultInjector of a server";
  private static final String NO_MIRROR =
      "this channel has no mirror, so that no call may be copied; give it one by"
          + " RpcChannel.Builder.mirror(...)";
  private static final String STREAM =
      "the method is a stream, and this is for unary methods only; take it away there";

  private static final String READ_ONCE =
      "its answers are not protobuf messages, which alone are known to be the same when they are"
          + " given twice; give the channel a fallback(...) for it";
  private static final String NO_TIME_PER_ATTEMPT =
      "the method is a stream, whose attempts have no time limit of their own; leave perAttempt"
          + " out, and state an idleTimeout";

  static IllegalArgumentException refused(
      MethodDescriptor<?, ?> method, ResolvedPolicy policy, PolicyField field, String why) {
    return new IllegalArgumentException(
        method.getFullMethodName() + " cannot have " + policy.describe(field) + ": " + why);
  }
}
