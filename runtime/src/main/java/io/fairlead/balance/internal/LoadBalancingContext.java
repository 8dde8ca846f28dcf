package io.fairlead.balance.internal;

import io.fairlead.EndpointSelector;
import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.observe.internal.StreamTracer;
import io.fairlead.policy.BalancerSpec;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of a call, seen from the balancer: it carries in what the choice depends on, and
 * carries out what was chosen and why. Put it into the {@link CallOptions} of the attempt under
 * {@link #KEY}.
 *
 * <p>Made and set up by one thread, then used by the pick; the getters may be called by any thread.
 * Attempts of one call are linked, so that each avoids the endpoints of those made before it.
 */
public final class LoadBalancingContext implements Pick {
  /** Where the balancer finds the attempt. */
  public static final CallOptions.Key<@Nullable LoadBalancingContext> KEY =
      CallOptions.Key.create("io.fairlead.balance.internal.LoadBalancingContext");

  private static final AtomicReferenceFieldUpdater<LoadBalancingContext, @Nullable EndpointHandle>
      ENDPOINT =
          AtomicReferenceFieldUpdater.newUpdater(
              LoadBalancingContext.class, EndpointHandle.class, "endpoint");

  private final @Nullable BalancerSpec balancer;
  private final EndpointFilter filter;

  /** The attempt before this one in the same call; the endpoints of all of them are avoided. */
  private final @Nullable LoadBalancingContext previous;

  private boolean hasKey;
  private long key;
  private @Nullable EndpointSelector endpointSelector;
  private @Nullable String pinnedEndpoint;
  private @Nullable Consumer<? super List<EndpointView>> broadcastListener;
  private @Nullable BalancerContext balancerContext;
  private String remark = "";
  private @Nullable PickSubchannelArgs args;
  private ClientStreamTracer.@Nullable Factory extraTracer;
  private @Nullable StreamTracer tracer;

  /**
   * Whether no endpoint can be forbidden, as for most first attempts; then nothing is looked up.
   */
  private boolean unrestricted;

  /** Whether the seed of this pick was drawn; many picks need no random number. */
  private boolean seeded;

  private long seed;

  /** Random bits that are left, taken in halves of 32. */
  private long randomBits;

  private int unusedHalves;
  private PickStrictness strictness = PickStrictness.STRICT;

  /** The reason as a template with two numbers; the text is made only when it is asked for. */
  private String template = "";

  private long first;
  private long second;

  /** Picks so far: grpc-java picks again when a connection goes away before the call is on it. */
  private int picks;

  private boolean waited;

  /** Whether breakers rejected all endpoints; written before the endpoint. */
  private boolean rejectedByBreakers;

  /** Whether the filter has counted the last pick; written before the endpoint. */
  private boolean counted;

  /** Written by the pick and read by observers and later attempts, on other threads. */
  private volatile @Nullable EndpointHandle endpoint;

  private LoadBalancingContext(
      @Nullable BalancerSpec balancer,
      EndpointFilter filter,
      @Nullable LoadBalancingContext previous) {
    this.balancer = balancer;
    this.filter = filter;
    this.previous = previous;
  }

  /** The first attempt of a call; {@code null} takes the channel's balancer. */
  public static LoadBalancingContext first(@Nullable BalancerSpec balancer, EndpointFilter filter) {
    return new LoadBalancingContext(balancer, filter, null);
  }

  /** Another attempt of the same call, a retry or a hedge, with the same settings. */
  public LoadBalancingContext next() {
    LoadBalancingContext next = new LoadBalancingContext(balancer, filter, this);
    next.hasKey = hasKey;
    next.key = key;
    next.endpointSelector = endpointSelector;
    next.pinnedEndpoint = pinnedEndpoint;
    return next;
  }

  /**
   * Sets the key of consistent hashing: a scalar, an enum, a string or bytes. The same value gives
   * the same hash in every process.
   */
  public LoadBalancingContext withKey(Object value) {
    key = KeyHash.of(value);
    hasKey = true;
    return this;
  }

  /** Sets which endpoints are wanted. */
  public LoadBalancingContext withEndpointSelector(EndpointSelector wanted) {
    endpointSelector = wanted;
    return this;
  }

  /**
   * Sends the attempt to one given endpoint and to no other, whatever the balancer says. It waits
   * while that endpoint is being connected for the first time, and fails if it cannot be reached.
   *
   * @param idOrAddress the endpoint's id, or one of its addresses as {@code host:port}
   */
  public LoadBalancingContext withEndpoint(String idOrAddress) {
    pinnedEndpoint = idOrAddress;
    return this;
  }

  /**
   * Sends the attempt to the first endpoint of the list, and tells of the whole list within the
   * pick: for a call that goes to all of them. The list is never empty, and holds those too that
   * cannot be reached now.
   */
  public LoadBalancingContext broadcast(Consumer<? super List<EndpointView>> told) {
    broadcastListener = told;
    return this;
  }

  /**
   * Sets who follows the stream of this attempt. It travels here, as each further option of a call
   * copies all of them.
   */
  public LoadBalancingContext tracer(StreamTracer tracer) {
    this.tracer = tracer;
    return this;
  }

  /** Who follows the stream of this attempt. */
  public @Nullable StreamTracer tracer() {
    return tracer;
  }

  /** The endpoint that the last pick chose; null while the attempt waits for one. */
  public @Nullable EndpointView endpoint() {
    return endpoint;
  }

  /** Whether the circuit breaker of that endpoint has counted the last pick. */
  public boolean counted() {
    return counted;
  }

  /**
   * Why the last pick chose that endpoint, or what the attempt waits for, or why it was refused.
   * The text is made when this is called.
   */
  public String reason() {
    String base = substitute(substitute(template, "{0}", first), "{1}", second);
    EndpointHandle chosen = endpoint;
    String health = chosen == null ? null : chosen.managedEndpoint().healthRemark();
    String text =
        strictness == PickStrictness.STRICT && remark.isEmpty()
            ? base
            : base + strictness.remark() + remark;
    return health == null ? text : text + "; " + health;
  }

  /** Makes no more strings than it needs: an observer has it made for every call. */
  private static String substitute(String text, String place, long number) {
    return text.contains(place) ? text.replace(place, Long.toString(number)) : text;
  }

  @Override
  public boolean allows(EndpointView candidate) {
    return unrestricted
        || ((previous == null || strictness == PickStrictness.ALLOW_TRIED || !wasTried(candidate))
            && (filter == EndpointFilter.ALLOW_ALL || filter.allows(candidate))
            && (strictness != PickStrictness.STRICT || passesSlowStart(candidate)));
  }

  private boolean passesSlowStart(EndpointView candidate) {
    double share = candidate.share();
    return share >= 1 || stableRandom(candidate) < share;
  }

  @Override
  public long key() {
    return key;
  }

  @Override
  public boolean hasKey() {
    return hasKey;
  }

  @Override
  public long totalInFlight() {
    return balancerContext == null ? 0 : balancerContext.inFlight().sum();
  }

  @Override
  public int random(int bound) {
    // Half of the bits, scaled: without bias that matters, without division.
    return (int) ((next32Bits() * bound) >>> 32);
  }

  @Override
  public void reason(String reason) {
    reason(reason, 0, 0);
  }

  @Override
  public void reason(String newTemplate, long newFirst, long newSecond) {
    template = newTemplate;
    first = newFirst;
    second = newSecond;
  }

  /** Starts a pick. What the last one left is put back only where there was one. */
  void beginPick(BalancerContext channel, PickSubchannelArgs newArgs) {
    unrestricted = previous == null && filter == EndpointFilter.ALLOW_ALL && !channel.isWarming();
    balancerContext = channel;
    args = newArgs;
    seeded = false;
    unusedHalves = 0;
    if (picks++ > 0) {
      remark = "";
      strictness = PickStrictness.STRICT;
      template = "";
      extraTracer = null;
    }
  }

  /** Adds to the reason what was decided around the balancer. */
  void remark(String constant) {
    remark = constant;
  }

  /** What grpc-java asked with, for balancers of its own. */
  @Nullable PickSubchannelArgs args() {
    return args;
  }

  /** A stock balancer wants to follow the stream too. */
  void addTracer(ClientStreamTracer.@Nullable Factory tracer) {
    extraTracer = tracer;
  }

  ClientStreamTracer.@Nullable Factory extraTracer() {
    return extraTracer;
  }

  void strictness(PickStrictness wanted) {
    if (strictness != wanted) {
      strictness = wanted;
    }
  }

  void choose(EndpointHandle chosen) {
    if (filter != EndpointFilter.ALLOW_ALL) {
      counted = filter.onPicked(chosen);
    }
    // Later readers need no more than order, and a full fence would make a pick slower.
    ENDPOINT.lazySet(this, chosen);
  }

  /** No endpoint now; the reason says what the attempt waits for, or why it was refused. */
  void noPick(String why) {
    endpoint = null;
    waited = true;
    strictness = PickStrictness.STRICT;
    remark = "";
    reason(why);
  }

  /** No endpoint, as breakers reject all that are up; the attempt ends with that. */
  void rejectedByBreakers(String why) {
    rejectedByBreakers = true;
    noPick(why);
  }

  /** Returns whether breakers rejected all endpoints. */
  public boolean rejectedByBreakers() {
    return rejectedByBreakers;
  }

  /** Returns whether there was a pick that found no endpoint, so that the attempt waited. */
  public boolean waited() {
    return waited;
  }

  @Nullable BalancerSpec balancer() {
    return balancer;
  }

  @Nullable EndpointSelector endpointSelector() {
    return endpointSelector;
  }

  @Nullable String pinnedEndpoint() {
    return pinnedEndpoint;
  }

  @Nullable Consumer<? super List<EndpointView>> broadcastListener() {
    return broadcastListener;
  }

  String filterReason(EndpointView candidate) {
    return filter.describe(candidate);
  }

  /** Whether an earlier attempt of the call went to this endpoint. */
  private boolean wasTried(EndpointView candidate) {
    for (LoadBalancingContext earlier = previous; earlier != null; earlier = earlier.previous) {
      EndpointView used = earlier.endpoint;
      if (used != null && (used == candidate || used.id().equals(candidate.id()))) {
        return true;
      }
    }
    return false;
  }

  /** A number in [0, 1) that is the same for one endpoint during one pick. */
  private double stableRandom(EndpointView candidate) {
    return KeyHash.unit(KeyHash.mix(seed() ^ candidate.id().hashCode()));
  }

  /** 32 random bits: of the seed's own first, as two draws are what most picks need. */
  private long next32Bits() {
    if (unusedHalves == 0) {
      randomBits = seeded ? KeyHash.mix(randomBits + KeyHash.GOLDEN_GAMMA) : seed();
      unusedHalves = 2;
    }
    unusedHalves--;
    return unusedHalves == 1 ? randomBits >>> 32 : randomBits & 0xFFFF_FFFFL;
  }

  /** Many picks need no chance at all; the seed decides every random number of the others. */
  private long seed() {
    if (!seeded) {
      seeded = true;
      seed =
          balancerContext == null ? 0 : balancerContext.clockAndRandom().randomBits().getAsLong();
      randomBits = seed;
    }
    return seed;
  }
}
