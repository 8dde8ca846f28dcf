package io.fairlead.samples.ownbalancer;

import io.fairlead.samples.ownbalancer.render.Picture;
import io.fairlead.samples.ownbalancer.render.RendererAsync;
import io.fairlead.samples.ownbalancer.render.Scene;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** All renderers: each answers when so many calls are being rendered in the whole studio. */
final class Studio {
  private final int together;
  private final List<Runnable> ready = new ArrayList<>();

  Studio(int together) {
    this.together = together;
  }

  RendererAsync renderer(String name) {
    return new RendererAsync() {
      @Override
      public CompletionStage<Picture> render(Scene scene) {
        CompletableFuture<Picture> picture = new CompletableFuture<>();
        Picture done = Picture.newBuilder().setRenderedBy(name).build();
        begun(() -> picture.complete(done)).forEach(Runnable::run);
        return picture;
      }
    };
  }

  /** Those that may end now. */
  private synchronized List<Runnable> begun(Runnable end) {
    ready.add(end);
    if (ready.size() < together) {
      return List.of();
    }
    List<Runnable> all = List.copyOf(ready);
    ready.clear();
    return all;
  }
}
