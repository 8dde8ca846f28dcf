package io.fairlead.samples.testing;

import io.fairlead.RpcException;
import io.fairlead.samples.testing.photos.Photo;
import io.fairlead.samples.testing.photos.Thumbnails;
import io.grpc.Status;
import java.util.List;

/** Shows photos. It knows the contract's interface and no channel, so a test may give it a fake. */
public final class Album {
  private static final String NO_PICTURE = "/no-picture.png";

  private final Thumbnails thumbnails;

  public Album(Thumbnails thumbnails) {
    this.thumbnails = thumbnails;
  }

  /** The pictures to show; a photo that cannot be read has a placeholder. */
  public List<String> pictures(List<String> names) {
    return names.stream().map(this::picture).toList();
  }

  private String picture(String name) {
    try {
      return thumbnails.make(Photo.newBuilder().setName(name).build()).getUrl();
    } catch (RpcException e) {
      if (e.code() == Status.Code.INVALID_ARGUMENT) {
        return NO_PICTURE;
      }
      throw e;
    }
  }
}
