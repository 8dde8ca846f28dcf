package io.fairlead.samples.policies;

import io.fairlead.samples.policies.shop.Amount;
import io.fairlead.samples.policies.shop.Article;
import io.fairlead.samples.policies.shop.Forecast;
import java.util.concurrent.atomic.AtomicInteger;

/** A forecast that knows how often it was asked. */
abstract class Counted implements Forecast {
  private final AtomicInteger calls = new AtomicInteger();

  /** What goes wrong with the n-th call; the first is 1. */
  abstract void meet(int number);

  int calls() {
    return calls.get();
  }

  @Override
  public final Amount demand(Article article) {
    meet(calls.incrementAndGet());
    return Amount.newBuilder().setPieces(article.getName().length()).build();
  }
}
