package io.fairlead.balance.internal;

import io.fairlead.balance.EndpointView;
import io.fairlead.balance.Pick;
import io.fairlead.balance.internal.algorithm.KeyHash;
import io.fairlead.observe.internal.AttemptResult;
import io.fairlead.observe.internal.StreamTracer;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.LoadBalancer.PickSubchannelArgs;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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

  /** What the call asks for; its headers may add to it. */
  private PickRequest request;

  /** The attempt before this one in the same call; the endpoints of all of them are avoided. */
  private final @Nullable LoadBalancingContext previous;

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

  /**
   * Whether there was a pick: grpc-java picks again when a connection goes away before the call is
   * on it.
   */
  private boolean picked;

  private boolean waited;

  /** Whether breakers rejected all endpoints; written before the endpoint. */
  private boolean rejectedByBreakers;

  /** Whether the filter has counted the last pick; written before the endpoint. */
  private boolean counted;

  /** Written by the pick and read by observers and later attempts, on other threads. */
  private volatile @Nullable EndpointHandle endpoint;

  private LoadBalancingContext(PickRequest request, @Nullable LoadBalancingContext previous) {
    this.request = request;
    this.previous = previous;
  }

  /** Returns the first attempt of a call. */
  public static LoadBalancingContext first(PickRequest request) {
    return new LoadBalancingContext(request, null);
  }

  /** Returns another attempt of the same call, a retry or a hedge, which asks for the same. */
  public LoadBalancingContext next() {
    return new LoadBalancingContext(request, this);
  }

  /** Returns what the call asks for. */
  public PickRequest request() {
    return request;
  }

  /** Changes what the call asks for, before it is picked for: headers may add to it. */
  public void request(PickRequest changed) {
    request = changed;
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

  /** Tells the circuit breaker of that endpoint how the attempt ended. */
  public void attemptEnded(AttemptResult result) {
    args = null; // an observer may keep the outcome, and with it this
    EndpointView chosen = result.endpoint();
    if (chosen != null) {
      request.filter().ended(chosen, result, counted);
    }
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
            && (request.filter() == EndpointFilter.ALLOW_ALL || request.filter().allows(candidate))
            && (strictness != PickStrictness.STRICT || passesSlowStart(candidate)));
  }

  private boolean passesSlowStart(EndpointView candidate) {
    double share = candidate.share();
    return share >= 1 || stableRandom(candidate) < share;
  }

  @Override
  public long key() {
    return request.key();
  }

  @Override
  public boolean hasKey() {
    return request.hasKey();
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
    unrestricted =
        previous == null && request.filter() == EndpointFilter.ALLOW_ALL && !channel.isWarming();
    balancerContext = channel;
    args = newArgs;
    seeded = false;
    unusedHalves = 0;
    if (picked) {
      remark = "";
      strictness = PickStrictness.STRICT;
      template = "";
      extraTracer = null;
    }
    picked = true;
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
    if (request.filter() != EndpointFilter.ALLOW_ALL) {
      counted = request.filter().onPicked(chosen);
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

  String filterReason(EndpointView candidate) {
    return request.filter().describe(candidate);
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
