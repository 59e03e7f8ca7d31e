"""What people think of the films, as documents: reviews, votes on them, moderation."""
