package io.fairlead.security;

import io.fairlead.security.Authorizer.Request;
import io.fairlead.security.Authorizer.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Several authorizers, asked one after the other until the decision is clear.
 *
 * <p>Immutable. An answer that is there at once is passed on without a further stage; one that
 * comes later continues the row on the thread that brings it.
 */
record CombinedAuthorizer(List<Authorizer> authorizers, boolean all) implements Authorizer {
  static List<Authorizer> listOf(Authorizer first, Authorizer... more) {
    List<Authorizer> list = new ArrayList<>();
    list.add(first);
    list.addAll(List.of(more));
    return List.copyOf(list);
  }

  @Override
  public CompletionStage<Verdict> authorize(Request request) {
    return ask(request, 0, null);
  }

  /**
   * Asks one, and the next if that leaves it open.
   *
   * @param soFar the answer that counts among those before; null before the first
   */
  private CompletionStage<Verdict> ask(Request request, int index, @Nullable Verdict soFar) {
    CompletableFuture<Verdict> answer =
        authorizers.get(index).authorize(request).toCompletableFuture();
    boolean last = index == authorizers.size() - 1;
    return answer.thenCompose(
        verdict -> {
          Verdict best = soFar == null ? verdict : combined(soFar, verdict);
          boolean clear = all != verdict instanceof Verdict.Allowed;
          return last || clear
              ? CompletableFuture.completedFuture(best)
              : ask(request, index + 1, best);
        });
  }

  /** Of all: a refusal, or the first. Of any: what lets in, or else the most telling refusal. */
  private Verdict combined(Verdict before, Verdict next) {
    if (all) {
      return next instanceof Verdict.Allowed ? before : next;
    }
    return rank(next) > rank(before) ? next : before;
  }

  private static int rank(Verdict verdict) {
    if (verdict instanceof Verdict.Allowed) {
      return 3;
    }
    if (verdict instanceof Verdict.Undecided) {
      return 2;
    }
    return verdict instanceof Verdict.Denied ? 1 : 0;
  }
}
