package io.fairlead.cli;

import static io.fairlead.cli.BreakingRule.POLICY_BALANCER_SAME;
import static io.fairlead.cli.BreakingRule.POLICY_CACHE_NO_WEAKEN;
import static io.fairlead.cli.BreakingRule.POLICY_COMPRESSION_KNOWN;
import static io.fairlead.cli.BreakingRule.POLICY_DEADLINE_NO_SHORTEN;
import static io.fairlead.cli.BreakingRule.POLICY_FAILURE_MODE_SAME;
import static io.fairlead.cli.BreakingRule.POLICY_HASH_KEY_SAME;
import static io.fairlead.cli.BreakingRule.POLICY_HEDGING_NO_WEAKEN;
import static io.fairlead.cli.BreakingRule.POLICY_IDEMPOTENCY_NO_WEAKEN;
import static io.fairlead.cli.BreakingRule.POLICY_IDLE_TIMEOUT_NO_SHORTEN;
import static io.fairlead.cli.BreakingRule.POLICY_LIVE_NO_NARROW;
import static io.fairlead.cli.BreakingRule.POLICY_MAX_REQUEST_NO_LOWER;
import static io.fairlead.cli.BreakingRule.POLICY_MAX_RESPONSE_NO_LOWER;
import static io.fairlead.cli.BreakingRule.POLICY_PRIORITY_NO_LOWER;
import static io.fairlead.cli.BreakingRule.POLICY_PUBLIC_NO_DELETE;
import static io.fairlead.cli.BreakingRule.POLICY_RETRY_NO_WEAKEN;
import static io.fairlead.cli.BreakingRule.POLICY_SCOPES_NO_ADD;
import static io.fairlead.cli.BreakingRule.POLICY_WAIT_FOR_READY_NO_DELETE;

import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.balance.BalancerConfigReader;
import io.fairlead.options.Balancer;
import io.fairlead.options.Code;
import io.fairlead.options.EffectivePolicy;
import io.fairlead.options.FailureMode;
import io.fairlead.options.Hedging;
import io.fairlead.options.LiveBounds;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import io.fairlead.options.Priority;
import io.fairlead.options.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares the policies of methods that two contracts have, as they are in force: what a method
 * states, or else its service. Reported is what makes calls of an unchanged caller fail more often.
 */
final class PolicyComparison {
  private static final int DEFAULT_MESSAGE_BYTES = 4 * 1024 * 1024;
  private static final Set<String> KNOWN_CODECS = Set.of("", "identity", "gzip");
  private static final Set<Balancer> HASHING =
      EnumSet.of(Balancer.CONSISTENT_HASH, Balancer.MAGLEV);

  private final Contract before;
  private final Contract after;
  private final BreakingChanges found;

  PolicyComparison(Contract before, Contract after, BreakingChanges found) {
    this.before = before;
    this.after = after;
    this.found = found;
  }

  void run() {
    Map<String, ServiceDescriptor> services = after.services();
    before
        .services()
        .forEach(
            (name, was) -> {
              ServiceDescriptor is = services.get(name);
              if (is != null) {
                for (MethodDescriptor old : was.getMethods()) {
                  MethodDescriptor now = is.findMethodByName(old.getName());
                  if (now != null) {
                    new Method(old, now).compare();
                  }
                }
              }
            });
  }

  /** One method in both contracts. */
  private final class Method {
    private final MethodDescriptor oldMethod;
    private final MethodDescriptor newMethod;
    private final Policy was;
    private final Policy is;
    private final String name;

    Method(MethodDescriptor oldMethod, MethodDescriptor newMethod) {
      this.oldMethod = oldMethod;
      this.newMethod = newMethod;
      this.was = effective(oldMethod);
      this.is = effective(newMethod);
      this.name = newMethod.getService().getFullName() + "/" + newMethod.getName();
    }

    void compare() {
      idempotency();
      time(
          POLICY_DEADLINE_NO_SHORTEN,
          Policy.DEADLINE_FIELD_NUMBER,
          "the deadline",
          was.getDeadline(),
          is.getDeadline(),
          "calls that take longer fail with DEADLINE_EXCEEDED");
      time(
          POLICY_IDLE_TIMEOUT_NO_SHORTEN,
          Policy.IDLE_TIMEOUT_FIELD_NUMBER,
          "the idle timeout",
          was.getIdleTimeout(),
          is.getIdleTimeout(),
          "streams that are silent for longer are cancelled");
      retry();
      hedging();
      hash();
      access();
      limits();
      cache();
      live();
      others();
    }

    private void idempotency() {
      IdempotencyLevel old = oldMethod.getOptions().getIdempotencyLevel();
      IdempotencyLevel now = newMethod.getOptions().getIdempotencyLevel();
      if (strength(now) >= strength(old)) {
        return;
      }
      Location place =
          after.find(
              newMethod,
              MethodDescriptorProto.OPTIONS_FIELD_NUMBER,
              MethodOptions.IDEMPOTENCY_LEVEL_FIELD_NUMBER);
      found.add(
          POLICY_IDEMPOTENCY_NO_WEAKEN,
          newMethod.getFile(),
          place == null ? after.find(newMethod) : place,
          name
              + " was "
              + old
              + " and is "
              + now
              + ": "
              + (now == IdempotencyLevel.IDEMPOTENT
                  ? "callers may have cached its responses, and called it by GET"
                  : "callers with the old contract still retry it, and it may run twice"));
    }

    private int strength(IdempotencyLevel level) {
      return switch (level) {
        case NO_SIDE_EFFECTS -> 2;
        case IDEMPOTENT -> 1;
        case IDEMPOTENCY_UNKNOWN -> 0;
      };
    }

    private void time(
        BreakingRule rule, int field, String what, String old, String now, String effect) {
      if (isShorter(what, old, now)) {
        add(rule, field, went(what, old, now) + ": " + effect);
      }
    }

    /** Compares two times; none is longer than each. */
    private boolean isShorter(String what, String old, String now) {
      return !now.isEmpty()
          && (old.isEmpty() || duration(what, now).compareTo(duration(what, old)) < 0);
    }

    private Duration duration(String what, String text) {
      Duration duration = BalancerConfigReader.parseDuration(text);
      if (duration == null) {
        throw new CommandException(
            ExitCode.USAGE,
            what + " of " + name + " is \"" + text + "\"; write it like 500ms, 30s or 5m");
      }
      return duration;
    }

    private void retry() {
      if (!was.hasRetry()) {
        return;
      }
      Retry old = was.getRetry();
      Retry now = is.getRetry();
      int field = Policy.RETRY_FIELD_NUMBER;
      if (!is.hasRetry()) {
        if (!is.hasHedging()) {
          add(
              POLICY_RETRY_NO_WEAKEN,
              field,
              name + " was retried and is not: its callers see failures that they did not see");
        }
        return;
      }
      int oldAttempts = attempts(old.getAttempts(), 3);
      int newAttempts = attempts(now.getAttempts(), 3);
      if (newAttempts < oldAttempts) {
        add(
            POLICY_RETRY_NO_WEAKEN,
            field,
            went("the attempts", oldAttempts, newAttempts)
                + ": its callers see failures that they did not see");
      }
      if (isShorter("the time per attempt", old.getPerAttempt(), now.getPerAttempt())) {
        add(
            POLICY_RETRY_NO_WEAKEN,
            field,
            went("the time per attempt", old.getPerAttempt(), now.getPerAttempt())
                + ": slow attempts count as failed");
      }
      codes(POLICY_RETRY_NO_WEAKEN, field, "retried", old.getCodesList(), now.getCodesList());
    }

    private void hedging() {
      if (!was.hasHedging()) {
        return;
      }
      Hedging old = was.getHedging();
      Hedging now = is.getHedging();
      int field = Policy.HEDGING_FIELD_NUMBER;
      if (!is.hasHedging()) {
        add(
            POLICY_HEDGING_NO_WEAKEN,
            field,
            name + " was hedged and is not: one slow endpoint makes its calls slow");
        return;
      }
      int oldAttempts = attempts(old.getAttempts(), 2);
      int newAttempts = attempts(now.getAttempts(), 2);
      if (newAttempts < oldAttempts) {
        add(
            POLICY_HEDGING_NO_WEAKEN,
            field,
            went("the hedged attempts", oldAttempts, newAttempts)
                + ": slow endpoints make more calls slow");
      }
      codes(POLICY_HEDGING_NO_WEAKEN, field, "hedged", old.getCodesList(), now.getCodesList());
    }

    private int attempts(int stated, int otherwise) {
      return stated == 0 ? otherwise : stated;
    }

    private void codes(
        BreakingRule rule, int field, String done, List<Code> stated, List<Code> statedNow) {
      Set<Code> lost = codes(stated);
      lost.removeAll(codes(statedNow));
      if (!lost.isEmpty()) {
        add(rule, field, name + " is no longer " + done + " after " + lost);
      }
    }

    private Set<Code> codes(List<Code> stated) {
      return new TreeSet<>(stated.isEmpty() ? List.of(Code.UNAVAILABLE) : stated);
    }

    private void hash() {
      if (!was.getHashKey().equals(is.getHashKey())) {
        // A first key, where nothing was hashed, takes nothing away.
        if (!was.getHashKey().isEmpty()) {
          add(
              POLICY_HASH_KEY_SAME,
              Policy.HASH_KEY_FIELD_NUMBER,
              went("the hash key", was.getHashKey(), is.getHashKey())
                  + ": requests go to endpoints that do not hold their state");
        }
        return;
      }
      boolean moves =
          HASHING.contains(was.getBalancer())
              || was.getBalancer() == Balancer.STICKY
              || !was.getCustomBalancer().isEmpty();
      String old = balancer(was);
      String now = balancer(is);
      if (moves && !old.equals(now)) {
        add(
            POLICY_BALANCER_SAME,
            is.getCustomBalancer().isEmpty()
                ? Policy.BALANCER_FIELD_NUMBER
                : Policy.CUSTOM_BALANCER_FIELD_NUMBER,
            went("the balancer", old, now)
                + ": requests go to endpoints that do not hold their state");
      }
    }

    private String balancer(Policy policy) {
      if (!policy.getCustomBalancer().isEmpty()) {
        return policy.getCustomBalancer();
      }
      return policy.getBalancer() == Balancer.BALANCER_UNSPECIFIED
          ? Balancer.LEAST_REQUEST.name()
          : policy.getBalancer().name();
    }

    private void access() {
      if (was.getPublic() && !is.getPublic()) {
        add(
            POLICY_PUBLIC_NO_DELETE,
            Policy.PUBLIC_FIELD_NUMBER,
            name + " was public and is not: callers whom nobody knows fail with UNAUTHENTICATED");
      }
      List<String> added = new ArrayList<>(new TreeSet<>(is.getAuthScopesList()));
      added.removeAll(was.getAuthScopesList());
      if (!added.isEmpty()) {
        add(
            POLICY_SCOPES_NO_ADD,
            Policy.AUTH_SCOPES_FIELD_NUMBER,
            name + " needs " + added + " too: callers without fail with PERMISSION_DENIED");
      }
    }

    private void limits() {
      long oldRequest =
          was.hasMaxRequestBytes() ? unsigned(was.getMaxRequestBytes()) : DEFAULT_MESSAGE_BYTES;
      long newRequest =
          is.hasMaxRequestBytes() ? unsigned(is.getMaxRequestBytes()) : DEFAULT_MESSAGE_BYTES;
      if (newRequest < oldRequest) {
        add(
            POLICY_MAX_REQUEST_NO_LOWER,
            Policy.MAX_REQUEST_BYTES_FIELD_NUMBER,
            went("the largest request", oldRequest + " bytes", newRequest + " bytes")
                + ": larger ones fail with RESOURCE_EXHAUSTED");
      }
      long oldResponse =
          was.hasMaxResponseBytes() ? unsigned(was.getMaxResponseBytes()) : DEFAULT_MESSAGE_BYTES;
      long newResponse =
          is.hasMaxResponseBytes() ? unsigned(is.getMaxResponseBytes()) : DEFAULT_MESSAGE_BYTES;
      if (newResponse < oldResponse) {
        add(
            POLICY_MAX_RESPONSE_NO_LOWER,
            Policy.MAX_RESPONSE_BYTES_FIELD_NUMBER,
            went("the largest response", oldResponse + " bytes", newResponse + " bytes")
                + ": larger ones fail with RESOURCE_EXHAUSTED");
      }
    }

    private void cache() {
      String old = was.getCache().getStaleIfError();
      String now = is.getCache().getStaleIfError();
      String what = "the age of responses that replace failures";
      if (!old.isEmpty() && (now.isEmpty() || isShorter(what, old, now))) {
        add(
            POLICY_CACHE_NO_WEAKEN,
            Policy.CACHE_FIELD_NUMBER,
            went(what, old, now) + ": its callers see failures that they did not see");
      }
      Set<String> lost = new TreeSet<>(was.getCache().getVaryList());
      lost.removeAll(is.getCache().getVaryList());
      if (is.hasCache() && !lost.isEmpty()) {
        add(
            POLICY_CACHE_NO_WEAKEN,
            Policy.CACHE_FIELD_NUMBER,
            name
                + " no longer tells calls apart by "
                + lost
                + ": a call may get the response to one with another value");
      }
    }

    private void live() {
      for (LiveBounds.Field field : LiveBounds.Field.values()) {
        LiveBounds.Range old = bounds(field, was);
        LiveBounds.Range now = bounds(field, is);
        if (now.min() > old.min() || now.max() < old.max()) {
          add(
              POLICY_LIVE_NO_NARROW,
              Policy.LIVE_FIELD_NUMBER,
              "live.%s of %s allowed %s and allows %s: a live policy outside of that is refused"
                  .formatted(field.contractName(), name, old.text(), now.text()));
        }
      }
    }

    private LiveBounds.Range bounds(LiveBounds.Field field, Policy policy) {
      try {
        return field.range(policy.getLive());
      } catch (IllegalArgumentException e) {
        throw new CommandException(
            ExitCode.USAGE, "live." + field.contractName() + " of " + name + ": " + e.getMessage());
      }
    }

    private void others() {
      if (was.getWaitForReady() && !is.getWaitForReady()) {
        add(
            POLICY_WAIT_FOR_READY_NO_DELETE,
            Policy.WAIT_FOR_READY_FIELD_NUMBER,
            name + " waited for a connection and does not: without one it fails with UNAVAILABLE");
      }
      Priority old = priority(was);
      Priority now = priority(is);
      if (now.getNumber() < old.getNumber()) {
        add(
            POLICY_PRIORITY_NO_LOWER,
            Policy.PRIORITY_FIELD_NUMBER,
            went("the priority", old, now) + ": an overloaded server sheds it earlier");
      }
      FailureMode oldMode = mode(was);
      FailureMode newMode = mode(is);
      if (oldMode != newMode) {
        add(
            POLICY_FAILURE_MODE_SAME,
            Policy.FAILURE_MODE_FIELD_NUMBER,
            went("the failure mode", oldMode, newMode)
                + ": its callers see failures in another way");
      }
      String compression = is.getCompression();
      if (!compression.equals(was.getCompression()) && !KNOWN_CODECS.contains(compression)) {
        add(
            POLICY_COMPRESSION_KNOWN,
            Policy.COMPRESSION_FIELD_NUMBER,
            went("the compression", was.getCompression(), compression)
                + ": a server without that codec answers UNIMPLEMENTED");
      }
    }

    private Priority priority(Policy policy) {
      return policy.getPriority() == Priority.PRIORITY_UNSPECIFIED
          ? Priority.NORMAL
          : policy.getPriority();
    }

    private FailureMode mode(Policy policy) {
      return policy.getFailureMode() == FailureMode.FAILURE_MODE_UNSPECIFIED
          ? FailureMode.FAILOVER
          : policy.getFailureMode();
    }

    private String went(String what, Object old, Object now) {
      return what + " of " + name + " went from " + stated(old) + " to " + stated(now);
    }

    private String stated(Object value) {
      return value.equals("") ? "none" : value.toString();
    }

    private void add(BreakingRule rule, int field, String text) {
      found.add(rule, newMethod.getFile(), place(field), text);
    }

    /** Where the field is stated; else the method, which has it no longer. */
    private @Nullable Location place(int field) {
      Policy own = newMethod.getOptions().getExtension(OptionsProto.method);
      if (states(own, field)) {
        return orMethod(
            after.findIn(
                newMethod,
                MethodDescriptorProto.OPTIONS_FIELD_NUMBER,
                OptionsProto.METHOD_FIELD_NUMBER,
                field));
      }
      ServiceDescriptor service = newMethod.getService();
      if (states(service.getOptions().getExtension(OptionsProto.service), field)) {
        return orMethod(
            after.findIn(
                service,
                ServiceDescriptorProto.OPTIONS_FIELD_NUMBER,
                OptionsProto.SERVICE_FIELD_NUMBER,
                field));
      }
      return after.find(newMethod);
    }

    private boolean states(Policy policy, int field) {
      return policy.getAllFields().keySet().stream().anyMatch(each -> each.getNumber() == field);
    }

    private @Nullable Location orMethod(@Nullable Location place) {
      return place == null ? after.find(newMethod) : place;
    }
  }

  private static Policy effective(MethodDescriptor method) {
    return EffectivePolicy.of(
        method.getService().getOptions().getExtension(OptionsProto.service),
        method.getOptions().getExtension(OptionsProto.method),
        !method.isClientStreaming() && !method.isServerStreaming(),
        method.getOptions().getIdempotencyLevel() != IdempotencyLevel.IDEMPOTENCY_UNKNOWN);
  }

  private static long unsigned(int bytes) {
    return Integer.toUnsignedLong(bytes);
  }
}
