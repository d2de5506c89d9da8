from hitl_tui import CLIInteractionHandler, HumanInteractionResponse
from datetime import datetime, timedelta
from hitl_tui import HumanInteractionRequest

class TimeoutInteractionHandler(CLIInteractionHandler):
    """Interaction handler with timeout management."""
    
    def check_timeouts(self) -> list:
        """Check for timed out interactions and handle them."""
        timed_out_interactions = []
        
        # Get all pending interactions
        pending_threads = self.storage_service.list(
            collection="threads",
            filter_criteria={"status": "paused"}
        )
        
        for thread_data in pending_threads:
            request_id = thread_data.get("pending_interaction_id")
            if not request_id:
                continue
            
            # Load interaction request
            request_data = self.storage_service.read(
                collection=self.collection_name,
                document_id=str(request_id)
            )
            
            if not request_data or not request_data.get("timeout_seconds"):
                continue
            
            # Check if timed out
            created_at = datetime.fromisoformat(request_data["created_at"])
            timeout_duration = timedelta(seconds=request_data["timeout_seconds"])
            
            if datetime.utcnow() > created_at + timeout_duration:
                timed_out_interactions.append({
                    "thread_id": thread_data["id"],
                    "request_id": request_id,
                    "timeout_duration": request_data["timeout_seconds"]
                })
                
                # Handle timeout
                self._handle_timeout(thread_data["id"], request_id)
        
        return timed_out_interactions
    
    def _handle_timeout(self, thread_id: str, request_id: str) -> None:
        """Handle a timed out interaction."""
        # Create default timeout response
        default_response = HumanInteractionResponse(
            request_id=request_id,
            action="timeout",
            data={"reason": "Interaction timed out"}
        )
        
        # Update thread status
        self.storage_service.write(
            collection="threads",
            data={
                "status": "timed_out",
                "pending_interaction_id": None,
                "timeout_response_id": str(request_id)
            },
            document_id=thread_id,
            mode="update"
        )
        
        # Log timeout
        self.logger.warning(f"Interaction {request_id} for thread {thread_id} timed out")
