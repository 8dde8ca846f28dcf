/**
 * Server calls as the layers of a server see them: wrappers, rejections and per-method settings.
 *
 * <p>Several parties may end a call at the same time: its handler, a layer, its caller, its
 * deadline. The classes here decide between them, each with one flag or one monitor, so that a
 * caller sees one end.
 */
@NullMarked
package io.fairlead.server.internal.call;

import org.jspecify.annotations.NullMarked;
