//! Logs as upstream's controllers write them: one JSON object a line in zap's shape, or text for a console.
