/**
 * Server calls as the layers of a server see them: wrappers, rejections and per-method settings.
 */
@NullMarked
package io.fairlead.server.internal.call;

import org.jspecify.annotations.NullMarked;
